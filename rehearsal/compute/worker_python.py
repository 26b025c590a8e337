"""What Spark runs as its Python: asks the workspace's warm parent to fork the worker, which has the libraries then.

A worker that scores with a model imports MLflow and pandas, four seconds of a core, and Spark starts other workers for
each session. Spark is told of a script that runs this file in an interpreter as bare as can be (`forked_python.py`).
Where there is no warm parent yet, or where it may not fork, the same process becomes the worker, with what the warm
parent would have seen to (`worker_files.py`).

The function of a `foreachBatch` opens a session of its own. Spark tells it the server's address and the session's user,
which the gateway has made of workspace and principal; here that becomes the address of the workspace's gateway, so that
grants hold within the function as outside. The server's own token is taken out of the environment.
"""

from __future__ import annotations

import os
import sys

_HERE = os.path.dirname(__file__)  # noqa: PTH120 (pathlib takes time to import)
if __name__ == "__main__":  # run as a file, by an interpreter that knows no folder but the standard library's
    sys.path.insert(0, os.path.dirname(os.path.dirname(_HERE)))  # noqa: PTH120

from rehearsal.forked_python import PARENT, forked  # noqa: E402

GATEWAYS = "UNDERSTUDY_GATEWAYS"  # in Spark's environment: the workspaces' gateways, by port
_WORKER_FILES = os.path.join(_HERE, "worker_files.py")  # noqa: PTH118
_TOKEN, _ADDRESS = "SPARK_CONNECT_AUTHENTICATE_TOKEN", "SPARK_CONNECT_LOCAL_URL"


def main(python: str, arguments: list[str]) -> None:
    """Run a worker as `python <arguments>` would; leaves with its exit code."""
    environment = _environment(dict(os.environ))
    parent = environment.pop(PARENT, "")
    if arguments[:1] == ["-m"]:
        code = forked(parent, arguments[1], arguments[2:], environment)
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


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
