"""What Spark runs as its Python: asks the workspace's warm parent to fork the worker, which has the libraries then.

A worker that scores with a model imports MLflow and pandas, four seconds of a core, and Spark starts other workers for
each session. Spark is told of a script that runs this file in an interpreter as bare as can be: it hands arguments,
environment, folder and the three streams over a socket, and stays for as long as the worker does, since it is this
process that Spark ends. Where there is no warm parent yet, or where it may not fork, the same process becomes the
worker, with what the warm parent would have seen to (`worker_files.py`).

The function of a `foreachBatch` opens a session of its own. Spark tells it the server's address and the session's user,
which the gateway has made of workspace and principal; here that becomes the address of the workspace's gateway, so that
grants hold within the function as outside. The server's own token is taken out of the environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys

# In Spark's environment: the workspaces' gateways, by port, and the socket at which the warm parent listens.
GATEWAYS, PARENT = "UNDERSTUDY_GATEWAYS", "UNDERSTUDY_WARM_PARENT"
_WORKER_FILES = os.path.join(os.path.dirname(__file__), "worker_files.py")  # noqa: PTH118, PTH120 (pathlib takes time to import)
_TOKEN, _ADDRESS = "SPARK_CONNECT_AUTHENTICATE_TOKEN", "SPARK_CONNECT_LOCAL_URL"


def main(python: str, arguments: list[str]) -> None:
    """Run a worker as `python <arguments>` would; leaves with its exit code."""
    environment = _environment(dict(os.environ))
    parent = environment.pop(PARENT, "")
    if arguments[:1] == ["-m"]:
        code = _forked(parent, arguments[1:], environment) if parent else None
        if code is not None:
            os._exit(code)
        arguments = [_WORKER_FILES, *arguments[1:]]
    os.execve(python, [python, *arguments], environment)


def _environment(given: dict[str, str]) -> dict[str, str]:
    gateways = given.pop(GATEWAYS)
    given.pop(_TOKEN, None)
    _, _, login = given.get(_ADDRESS, "").partition(";user_id=")
    if login:
        user, _, token = login.partition(";token=")
        workspace, _, principal = user.partition(":")
        ports = dict(pair.split("=") for pair in gateways.split(","))
        given[_ADDRESS] = f"sc://localhost:{ports[workspace]}/;token={token}:{principal}"
    return given


def _forked(parent: str, arguments: list[str], environment: dict[str, str]) -> int | None:
    """The exit code of a worker that the warm parent has forked; None when it could not be asked to."""
    request = {"module": arguments[0], "argv": arguments[1:], "env": environment, "cwd": os.getcwd()}  # noqa: PTH109 (pathlib takes time to import)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as channel:
        try:
            channel.connect(parent)
            socket.send_fds(channel, [json.dumps(request).encode()], [0, 1, 2])
        except OSError:
            return None
        answer = b""
        with contextlib.suppress(ConnectionResetError):  # the warm parent was killed, and the worker with it
            answer = channel.recv(16)
        return int(answer) & 0xFF if answer else 1


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
