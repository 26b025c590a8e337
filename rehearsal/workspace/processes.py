"""Processes of tasks and model servers, started in well under a second by a warm parent (see process_parent.py).

Others, such as the providers that Terraform starts, find it by its address, which is in a file of the workspace's home.
This is the workspace's side: `warm_parent()` starts it when it is first asked for; `start` and `stop` belong to the
workspace's life.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import IO, Any

from rehearsal.forked_python import ADDRESS_FILE
from rehearsal.workspace.context import Platform
from rehearsal.workspace.process_parent import CAN_FORK, SINGLE_THREADED

_START_SECONDS = 120
_CHECKOUT = Path(__file__).parents[2]
# What the libraries read when they are imported; nothing of the workspace's own credentials goes along.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "OMP_NUM_THREADS", "VIRTUAL_ENV")
# What a process's exit code is when the warm parent, and with it the process, has died.
LOST = -int(signal.SIGKILL)


class ProcessesStopped(RuntimeError):
    """The warm parent has ended, because the workspace is stopping or because it was killed."""


class WarmParent:
    """Starts processes by a parent that has imported the heavy libraries; usable from any thread."""

    def __init__(self, log: Path, address: Path) -> None:
        """Output goes to `log`; Spark's workers are asked for at `address`, a socket that nobody else may reach."""
        log.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._next = 0
        self._spawning: dict[int, Future[int]] = {}
        self._exits: dict[int, Future[int]] = {}
        self._channel, theirs = socket.socketpair()
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        # OpenMP's threads wait for each other by spinning, and Spark and other tasks want the cores, too.
        environment.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // 2)))
        with theirs, log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "rehearsal.workspace.process_parent", str(theirs.fileno()), str(address)],
                cwd=_CHECKOUT,
                env={**environment, **SINGLE_THREADED, "MLFLOW_DISABLE_TELEMETRY": "true"},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        threading.Thread(target=self._listen, args=(self._channel.makefile("rb"),), daemon=True).start()

    @property
    def alive(self) -> bool:
        """Can it start processes?"""
        return self._process.poll() is None

    def spawn(self, module: str, argv: list[str], env: dict[str, str], cwd: Path, log: Path) -> int:
        """Run a module's main in a new process group; returns its process id.

        The environment is `env` and nothing else; its PYTHONPATH goes in front of `sys.path`. Output is appended to
        `log`. Waits until the parent's imports are done. Raises ProcessesStopped.
        """
        answer: Future[int] = Future()
        with self._lock:
            self._next += 1
            number = self._next
            self._spawning[number] = answer
        request = {"id": number, "module": module, "argv": argv, "env": env, "cwd": str(cwd), "log": str(log)}
        self._send(request)
        return answer.result(timeout=_START_SECONDS)

    def wait(self, pid: int, timeout: float | None = None) -> int | None:
        """The exit code (negative: the signal that ended it); None when it still runs after `timeout` seconds."""
        try:
            return self._exit(pid).result(timeout)
        except TimeoutError:
            return None

    def poll(self, pid: int) -> int | None:
        """The exit code, or None while the process runs."""
        future = self._exit(pid)
        return future.result() if future.done() else None

    def kill(self, pid: int, grace_seconds: float = 0) -> None:
        """End the process and all of its group; with a grace period, ask first (SIGTERM)."""
        if grace_seconds:
            self._send({"kill": pid, "signal": int(signal.SIGTERM)})
            if self.wait(pid, grace_seconds) is not None:
                return
        self._send({"kill": pid, "signal": int(signal.SIGKILL)})

    def close(self) -> None:
        """End the parent and, with it, every process that it started."""
        self._channel.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:  # still importing: it has started nothing yet
            self._process.kill()
            self._process.wait()

    def _exit(self, pid: int) -> Future[int]:
        with self._lock:
            return self._exits.setdefault(pid, Future())

    def _send(self, message: dict[str, Any]) -> None:
        try:
            with self._lock:
                self._channel.sendall(json.dumps(message).encode() + b"\n")
        except OSError as error:
            if "kill" not in message:
                raise ProcessesStopped("the processes' warm parent has ended") from error

    def _listen(self, lines: IO[bytes]) -> None:
        try:
            for line in lines:
                message = json.loads(line)
                if "pid" in message:
                    with self._lock:
                        future = self._spawning.pop(message["id"])
                        # The system gives an id again, in days or in hours: what ended under it before is forgotten.
                        self._exits[message["pid"]] = Future()
                    future.set_result(message["pid"])
                elif "exited" in message:
                    self._exit(message["exited"]).set_result(message["code"])
        except ConnectionResetError:
            pass  # the warm parent was killed; what follows tells those who wait
        with self._lock:
            spawning, exits = list(self._spawning.values()), list(self._exits.values())
        for future in spawning:
            future.set_exception(ProcessesStopped("the processes' warm parent has ended; see logs/processes.log"))
        for future in exits:
            if not future.done():
                future.set_result(LOST)


_current: WarmParent | None = None
_home: Path | None = None
# A folder of this user's alone; a home's own path may be longer than a socket's address can be.
_folder: tempfile.TemporaryDirectory[str] | None = None
_guard = threading.Lock()


def start(platform: Platform) -> None:
    """Let there be a warm parent for who asks for it first."""
    global _home, _folder
    _home = platform.home
    _folder = tempfile.TemporaryDirectory(prefix="understudy-")
    (_home / ADDRESS_FILE).write_text(str(workers_address() or ""))


def stop() -> None:
    """End it and everything that it started."""
    global _current, _folder
    with _guard:
        if _current is not None:
            _current.close()
        if _folder is not None:
            _folder.cleanup()
        if _home is not None:
            (_home / ADDRESS_FILE).unlink(missing_ok=True)
        _current = _folder = None


def workers_address() -> Path | None:
    """The socket at which others ask for processes; None where nobody could fork them."""
    return _address() if _folder is not None and CAN_FORK else None


def _address() -> Path:
    assert _folder is not None
    return Path(_folder.name) / "workers"


def warm_parent() -> WarmParent:
    """The workspace's warm parent, whose imports go on in the background; a new one when the last was killed.

    Raises ProcessesStopped.
    """
    global _current
    with _guard:
        if _folder is None:
            raise ProcessesStopped("the workspace is stopping")
        if _current is None or not _current.alive:
            assert _home is not None
            _current = WarmParent(_home / "logs" / "processes.log", _address())
        return _current
