"""Workspaces that start in a tenth of the time: forked from one process that has imported all of it already.

What the trials ask is whether what is on disk is enough for a next start; that Python can import is asked once by a
common start. The fork serves as `python -m rehearsal.workspace serve` would, with a process id of its own to be killed.
The parent of tasks is forked in the same way, since it would spend its life, some tenths of a second here, importing.

`WarmWorkspaces` is the trials' side; `python -m tests.trials.warm_workspace` is the other, speaking JSON lines.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class WarmWorkspaces:
    """Starts workspaces; ended by `close`."""

    def __init__(self) -> None:
        from rehearsal.workspace.process_parent import SINGLE_THREADED

        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.trials.warm_workspace"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **SINGLE_THREADED, "MLFLOW_DISABLE_TELEMETRY": "true"},
        )

    def start(self, home: Path, port_base: int) -> int:
        """The process id of a workspace that begins to start."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"home": str(home), "port_base": port_base}) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End the process that starts them."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=10)


class _ForkedParent:
    """A stand-in for the Popen of the tasks' parent: forked before any thread was there, given its channel later."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._control = ours
        self._pid = os.fork()
        if self._pid == 0:
            ours.close()
            _become_parent_of_tasks(theirs)
        theirs.close()

    def __call__(self, _: Any, pass_fds: list[int], **__: Any) -> _ForkedParent:
        socket.send_fds(self._control, [b"channel"], pass_fds)
        self._control.close()
        return self

    def poll(self) -> int | None:
        pid, status = os.waitpid(self._pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None

    def wait(self, timeout: float) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)


def _become_parent_of_tasks(control: socket.socket) -> None:
    from rehearsal.workspace import process_parent

    os.setsid()
    _, descriptors, _, _ = socket.recv_fds(control, 16, 1)
    if descriptors:  # else the workspace was killed before it asked for a parent
        job = process_parent.Parent(socket.socket(fileno=descriptors[0])).serve()
        if job is not None:
            process_parent.run_child(job)
    os._exit(0)


def _serve(home: Path, port_base: int) -> None:
    from rehearsal.workspace import processes, server

    log = os.open(home / "server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    processes.subprocess = SimpleNamespace(  # type: ignore[assignment]
        Popen=_ForkedParent(), DEVNULL=subprocess.DEVNULL, TimeoutExpired=subprocess.TimeoutExpired
    )
    server.serve(home, port_base, frozenset({"compute"}))


def main() -> None:
    """Import, then fork a workspace for each line."""
    from rehearsal.workspace import process_parent

    process_parent.import_heavy()  # first: it looks for threads that its own imports have started
    from rehearsal.workspace import app

    lifecycles = [name for name in app.LIFECYCLES if name != app.COMPUTE]
    for name in (*lifecycles, *(f"rehearsal.workspace.{name}.routes" for name in app.ROUTES)):
        importlib.import_module(name)
    for name in ("rehearsal.workspace.server", "rehearsal.workspace.mlflow.tracking", "uvicorn.protocols.http.auto"):
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _serve(Path(request["home"]), request["port_base"])
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
