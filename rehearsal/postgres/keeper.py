"""Keeps one PostgreSQL server: a program of its own between who started it and the server.

Run as `python keeper.py FOLDER PROGRAM ARGUMENT...`; needs nothing but the standard library. It ends the server in an
orderly way when its standard input ends, which happens when who started it has gone in whatever way.

PostgreSQL refuses to run as root. For root, the program runs in a user namespace of its own, where root is an ordinary
user: no account has to exist, nobody gains access to a folder, files stay root's. Where namespaces are forbidden, as in
many containers, the program runs as `nobody`, to whom FOLDER is given.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_NOBODY = 65534
_ORDINARY_USER = 1000


def main() -> None:
    """Run the program until it ends or this process's standard input does; leave with its status."""
    folder, command = Path(sys.argv[1]), sys.argv[2:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C in the terminal is the workspace's to handle
    preparation = (lambda: _become_ordinary(folder)) if os.geteuid() == 0 else None
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=preparation, start_new_session=True)
    signal.signal(signal.SIGCHLD, lambda *_: _leave(server))
    _leave(server)
    with contextlib.suppress(InterruptedError):
        while os.read(0, 1):
            pass
    server.send_signal(signal.SIGINT)  # fast shutdown: open sessions end, what is committed is kept
    sys.exit(server.wait())


def _leave(server: subprocess.Popen[bytes]) -> None:
    """End with the program, if it has ended."""
    if (status := server.poll()) is not None:
        os._exit(status & 0xFF)


def _become_ordinary(folder: Path) -> None:
    """Be no longer root, in the child before it becomes the program."""
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "unshare") and libc.unshare(_CLONE_NEWUSER) == 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{_ORDINARY_USER} 0 1")
        Path("/proc/self/gid_map").write_text(f"{_ORDINARY_USER} 0 1")
        return
    for path in (folder.parent, folder, *folder.rglob("*")):
        os.chown(path, _NOBODY, _NOBODY)
    os.setgroups([])
    os.setgid(_NOBODY)
    os.setuid(_NOBODY)


if __name__ == "__main__":
    main()
