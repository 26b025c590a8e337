"""Does anything listen on a loopback port, and does it go on to?"""

from __future__ import annotations

import socket
import time

_SECONDS = 0.2
_GOING_SECONDS = 5  # a killed process gives back its memory, and with it its command line, before its ports


def listens(port: int) -> bool:
    """Is a connection taken there."""
    with socket.socket() as probe:
        probe.settimeout(_SECONDS)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def stays_taken(port: int) -> bool:
    """Does something listen there that is not about to end: still after five seconds."""
    deadline = time.monotonic() + _GOING_SECONDS
    while listens(port):
        if time.monotonic() > deadline:
            return True
        time.sleep(0.1)
    return False
