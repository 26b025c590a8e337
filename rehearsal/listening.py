"""Does anything listen on a loopback port?"""

from __future__ import annotations

import socket

_SECONDS = 0.2


def listens(port: int) -> bool:
    """Is a connection taken there."""
    with socket.socket() as probe:
        probe.settimeout(_SECONDS)
        return probe.connect_ex(("127.0.0.1", port)) == 0
