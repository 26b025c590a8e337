"""The warm parent's own process: imports the heavy libraries once, then starts each task or model server by fork.

Started by `processes.py` with one end of a socket pair; speaks JSON lines. It stays single-threaded, because a fork
copies only the thread that forks. When the socket ends, because the workspace has gone in whatever way, it ends every
process group that it started. Where fork is unsafe (anywhere but Linux) it starts fresh interpreters instead.

Spark, which starts its Python workers itself, and Terraform, which starts its providers, ask at a second socket, a
connection for each (see `rehearsal/forked_python.py`): such a child has the streams that came with the request, and
dies when its connection ends.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, NoReturn

# Everything that a pipeline, a model server or a provider imports on nearly every start.
HEAVY = (
    "numpy",
    "pandas",
    "pyarrow.parquet",
    "sklearn.ensemble",
    "sklearn.metrics",
    "lightgbm",
    "databricks.sdk",
    "grpc_status.rpc_status",
    "pyspark.sql.connect.session",
    "pyspark.sql.connect.functions",
    "pyspark.worker",
    "rehearsal.compute.worker_files",
    "mlflow.pyfunc",
    "mlflow.lightgbm",
    "mlflow.sklearn",
    "mlflow.store._unity_catalog.registry.rest_store",
    "matplotlib.figure",
    "shap.plots",
    "optuna",
    "fairlearn.metrics",
    "fastapi",
    "uvicorn",
    "cryptography.x509",
    "tf.provider",
    "tf.runner",
)
# Read by native libraries when they are loaded; both would start threads at import.
SINGLE_THREADED = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
CAN_FORK = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1
_LONGEST_REQUEST = 1 << 18  # bytes; twice what Linux allows of one argument

Message = dict[str, Any]


class Parent:
    """The loop that starts processes, watches for their end, and passes signals to their groups."""

    def __init__(self, channel: socket.socket, listener: socket.socket | None = None) -> None:
        self._channel = channel
        self._listeners = [listener] if listener else []  # at most one
        self._asking: list[socket.socket] = []  # connections that have not said yet what they want
        self._lodgers: dict[int, socket.socket] = {}  # by the process for whose life they are open
        self._buffer = b""
        self._running: set[int] = set()
        self._woken, self._wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK) if hasattr(os, "pipe2") else os.pipe()
        self._started: dict[int, subprocess.Popen[bytes]] = {}

    def serve(self) -> Message | None:
        """Serve requests until the workspace has gone; returns, in a forked child, what that child is to run."""
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # A Ctrl-C in the terminal reaches this process too: the workspace decides when it ends.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._send({"ready": os.getpid()})
        while True:
            watched: list[Any] = [self._channel.fileno(), self._woken, *self._listeners, *self._asking]
            readable, _, _ = select.select([*watched, *self._lodgers.values()], [], [])
            if self._woken in readable:
                os.read(self._woken, 4096)
                self._reap()
            if self._channel.fileno() in readable:
                received = self._channel.recv(65536)
                if not received:
                    self._end_all()
                    return None
                self._buffer += received
                while b"\n" in self._buffer:
                    line, self._buffer = self._buffer.split(b"\n", 1)
                    job = self._handle(json.loads(line))
                    if job is not None:
                        return job
            for pid, connection in self._lodgers.items():
                if connection in readable:  # nothing is said there: it has ended
                    _signal_group(pid, signal.SIGKILL)
            for one in readable:
                if one in self._listeners:
                    self._asking.append(one.accept()[0])
                elif one in self._asking:
                    self._asking.remove(one)
                    job = self._lodge(one)
                    if job is not None:
                        return job

    def _lodge(self, connection: socket.socket) -> Message | None:
        """Fork the process that a connection asks for; what to run, in the child."""
        said, streams, _, _ = socket.recv_fds(connection, _LONGEST_REQUEST, 3)
        if len(streams) != 3:
            connection.close()
            return None
        pid = os.fork()
        if pid == 0:
            connection.close()
            self._become_child()
            return {**json.loads(said), "streams": streams}
        for stream in streams:
            os.close(stream)
        self._adopt(pid)
        self._lodgers[pid] = connection
        return None

    def _handle(self, request: Message) -> Message | None:
        if "kill" in request:
            if request["kill"] in self._running:
                _signal_group(request["kill"], request["signal"])
            return None
        if not CAN_FORK:
            self._answer(request, self._start(request))
            return None
        pid = os.fork()
        if pid == 0:
            self._become_child()
            return request
        self._answer(request, pid)
        return None

    def _answer(self, request: Message, pid: int) -> None:
        self._adopt(pid)
        self._send({"id": request["id"], "pid": pid})

    def _adopt(self, pid: int) -> None:
        # Set by both sides, so that a kill that comes at once finds the group whoever is first.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpgid(pid, pid)
        self._running.add(pid)

    def _start(self, request: Message) -> int:
        with Path(request["log"]).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", request["module"], *request["argv"]],
                env=request["env"],
                cwd=request["cwd"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        self._started[process.pid] = process
        return process.pid

    def _become_child(self) -> None:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL if number == signal.SIGCHLD else signal.default_int_handler)
        for one in (self._channel, *self._listeners, *self._asking, *self._lodgers.values()):
            one.close()
        os.close(self._woken)
        os.close(self._wake)

    def _reap(self) -> None:
        for pid in list(self._running):
            # Look first and reap last: until it is reaped, the process id cannot be given to a stranger.
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            _signal_group(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            code = os.waitstatus_to_exitcode(status)
            if pid in self._started:
                self._started.pop(pid).returncode = code
            self._running.discard(pid)
            if pid in self._lodgers:
                self._tell_lodger(self._lodgers.pop(pid), code)
            else:
                self._send({"exited": pid, "code": code})

    def _tell_lodger(self, connection: socket.socket, code: int) -> None:
        with connection, contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may be what ended first
            connection.send(str(code).encode())

    def _end_all(self) -> None:
        for pid in self._running:
            _signal_group(pid, signal.SIGKILL)

    def _send(self, message: Message) -> None:
        # The workspace may die while it is told something; the end of the channel is seen by the next read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._channel.sendall(json.dumps(message).encode() + b"\n")


def threads() -> list[str]:
    """Names of this process's threads as the operating system sees them (Linux only)."""
    names = []
    for task in Path("/proc/self/task").iterdir():
        names.append((task / "comm").read_text().strip())
    return names


def import_heavy() -> None:
    """Import what tasks need. Raises RuntimeError if that has started a thread: a fork would not be safe."""
    for name in HEAVY:
        importlib.import_module(name)
    # MLflow reads every installed package's list of files, a second's work, when a process loads its first model.
    requirements_utils = importlib.import_module("mlflow.utils.requirements_utils")
    requirements_utils._init_packages_to_modules_map()
    # The children share these objects' memory for as long as no garbage collection writes to them.
    gc.collect()
    gc.freeze()
    running = threads()
    if len(running) > 1:
        raise RuntimeError(f"importing the libraries started threads, so forking is unsafe: {running}")


def run_child(job: Message) -> NoReturn:
    """In the forked child: run the module's main and leave as an interpreter would, but for freeing all memory.

    An interpreter's own end visits every object of every library: a second that nobody has use for.
    """
    code = 0
    try:
        _become(job)
        runpy.run_module(job["module"], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            sys.stderr.write(end.code + "\n")
    except BaseException:
        traceback.print_exc()
        code = 1
    # As multiprocessing ends its forked children: wait for threads, then what was registered, then the streams.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code & 0xFF)


def _become(job: Message) -> None:
    """Take on the request's environment, folder, log and path."""
    # The workspace's death ends the warm parent by its socket; the warm parent's death ends its children here.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:
        sys.exit("the warm parent has gone")
    streams = job["streams"] if "streams" in job else _logged(Path(job["log"]))
    for source, target in zip(streams, (0, 1, 2), strict=True):
        os.dup2(source, target)
    for source in set(streams):
        os.close(source)
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    prefix = [entry for entry in job["env"].get("PYTHONPATH", "").split(os.pathsep) if entry]
    sys.path[:0] = prefix
    sys.argv = [job["module"], *job["argv"]]
    random.seed()
    importlib.import_module("numpy").random.seed()


def _logged(log: Path) -> tuple[int, int, int]:
    """Streams of a process that reads nothing and whose output is appended to a file."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    return os.open(os.devnull, os.O_RDONLY), output, output


def main() -> None:
    """Serve on the socket whose descriptor is the first argument, and at the path that is the second one."""
    channel, listener = socket.socket(fileno=int(sys.argv[1])), None
    if CAN_FORK:
        import_heavy()
        Path(sys.argv[2]).unlink(missing_ok=True)  # of the parent that this one replaces
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(sys.argv[2])
        listener.listen()
    job = Parent(channel, listener).serve()
    if job is not None:
        run_child(job)


def _signal_group(pid: int, number: int) -> None:
    # The group may be empty but for the process that is being reaped, which some systems report as an error.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


if __name__ == "__main__":
    main()
