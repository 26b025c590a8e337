"""One process serves a home: another waits for it to be gone, then gives up.

Also after `kill -9`: the killed process may still be in the middle of a last write to disk when the next one starts.
The operating system lets go of the lock when all of the process has ended, and only then.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_PATIENCE_SECONDS = 15
_PAUSE_SECONDS = 0.02


class HomeInUse(RuntimeError):
    """Another process serves the home."""


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Hold the home's lock (not on Windows, where ports alone tell). Raises HomeInUse."""
    if sys.platform == "win32":
        yield
        return
    # A record lock: unlike flock's, it is no child's, however it was started.
    with (home / "workspace.lock").open("w") as file:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise HomeInUse(f"another workspace serves {home}: end it first (make down)") from error
                time.sleep(_PAUSE_SECONDS)
        yield
