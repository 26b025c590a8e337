"""Runs a module as `python -m` does, in a process that the workspace's warm parent forks, where there is one.

For what is started often, by others, and imports much: Terraform's providers, Spark's Python workers. An interpreter as
bare as can be runs this file. It hands arguments, environment, folder and the three streams over a socket, and stays
for as long as the forked process does, since it is the bare one that whoever started it ends. Where no warm parent
listens, the same process becomes what was asked for.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys

# Environment variable: the socket at which the warm parent listens (`rehearsal/workspace/process_parent.py`).
PARENT = "UNDERSTUDY_WARM_PARENT"
ADDRESS_FILE = "warm_parent"  # in a workspace's home: the same address, while the workspace runs


def main(python: str, module: str, arguments: list[str]) -> None:
    """Run the module; leaves with its exit code."""
    environment = dict(os.environ)
    code = forked(environment.pop(PARENT, ""), module, arguments, environment)
    if code is not None:
        os._exit(code)
    os.execve(python, [python, "-P", "-m", module, *arguments], environment)


def forked(parent: str, module: str, arguments: list[str], environment: dict[str, str]) -> int | None:
    """The exit code of a process that the warm parent has forked; None when it could not be asked to."""
    if not parent:
        return None
    request = {"module": module, "argv": arguments, "env": environment, "cwd": os.getcwd()}  # noqa: PTH109 (pathlib takes time to import)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as channel:
        try:
            channel.connect(parent)
            socket.send_fds(channel, [json.dumps(request).encode()], [0, 1, 2])
        except OSError:
            return None
        answer = b""
        with contextlib.suppress(ConnectionResetError):  # the warm parent was killed, and the process with it
            answer = channel.recv(16)
        return int(answer) & 0xFF if answer else 1


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
