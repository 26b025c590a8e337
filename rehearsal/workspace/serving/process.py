"""One model server process: spawned by the warm parent, which listens on a loopback port for who has its key."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from rehearsal.workspace import processes
from rehearsal.workspace.serving import wire

_HEALTH_SECONDS = 5
_POLL_SECONDS = 0.02
# What a process needs of the surroundings; nothing that carries a credential of the workspace is passed on.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "OMP_NUM_THREADS")


class LoadFailed(Exception):
    """The process could not load its model; the text is for the endpoint's owner."""


@dataclass(frozen=True)
class ModelSpec:
    """What makes two served entities the same process: the model version, the environment, in whose name it reads."""

    entity_name: str
    entity_version: str
    environment: tuple[tuple[str, str], ...]
    log: Path
    workspace: str = ""
    creator: str = ""


class ModelProcess:
    """A started process; usable from any thread."""

    def __init__(self, spec: ModelSpec, files: Path, folder: Path, handed_over: dict[str, str]) -> None:
        self.spec = spec
        self.key = secrets.token_urlsafe(32)
        self.port = 0
        self.takes_groups = False
        self._files = files
        self._folder = folder
        self._status = folder / "status.json"
        folder.mkdir(parents=True, mode=0o700)
        write_key(folder, self.key)
        spec.log.parent.mkdir(parents=True, exist_ok=True)
        self.pid = processes.warm_parent().spawn(
            "rehearsal.workspace.serving.model_server",
            ["--model", str(files), "--status", str(self._status)],
            {**self._environment(), **handed_over},
            folder,
            spec.log,
        )

    def wait_ready(self, seconds: float, stopped: threading.Event) -> None:
        """Wait until the health check answers. Raises LoadFailed."""
        deadline = time.monotonic() + seconds
        while not stopped.wait(_POLL_SECONDS):
            if self._status.exists():
                status = json.loads(self._status.read_text())
                if "error" in status:
                    raise LoadFailed(self._public(status["error"]))
                self.port = int(status["port"])
                if self._answers():
                    return
            if (code := self.exit_code()) is not None:
                raise LoadFailed(f"The model server ended with status {code} before it was ready; see its logs.")
            if time.monotonic() > deadline:
                raise LoadFailed(f"The model server was not ready after {seconds:.0f} seconds.")
        raise LoadFailed("The deployment was stopped.")

    def exit_code(self) -> int | None:
        """None while the process runs."""
        return processes.warm_parent().poll(self.pid)

    def stop(self) -> None:
        """End the process and remove its folder."""
        with contextlib.suppress(processes.ProcessesStopped):  # then it has ended already
            if self.exit_code() is None:
                processes.warm_parent().kill(self.pid)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            health = json.loads(converse(self.port, self.key, wire.PING).body)
        except (OSError, ValueError):
            return False
        self.takes_groups = bool(health["takes_groups"])
        return True

    def _environment(self) -> dict[str, str]:
        passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        quiet = {"MLFLOW_DISABLE_TELEMETRY": "true"}
        return {**passed, **quiet, **dict(self.spec.environment), wire.KEY_VARIABLE: self.key}

    def _public(self, message: str) -> str:
        """The message without this machine's paths."""
        uri = f"models:/{self.spec.entity_name}/{self.spec.entity_version}"
        return re.sub(rf"(file://)?{re.escape(str(self._files))}", uri, message)


def converse(port: int, key: str, kind: int) -> wire.Answer:
    """Ask a model server something short and wait for its answer. Raises OSError when there is none."""
    with socket.create_connection(("127.0.0.1", port), timeout=_HEALTH_SECONDS) as connection:
        connection.sendall(key.encode() + b"\n" + wire.request_frame(kind, "", b"", more=False))
        with connection.makefile("rb") as stream:
            header = stream.read(wire.ANSWER.size)
            if len(header) < wire.ANSWER.size:
                raise ConnectionError("the model server ended the connection")
            status, length = wire.ANSWER.unpack(header)
            return wire.Answer(status, stream.read(length))


def write_key(folder: Path, key: str) -> None:
    """Keep the key beside the status file, for the owner's eyes only: with it, a later start ends an orphan."""
    with os.fdopen(os.open(folder / "key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key)


def end_orphans(root: Path) -> None:
    """End model servers that a killed workspace left: only what answers to the key in its folder is one of ours."""
    for folder in sorted(root.glob("*")):
        status, key = folder / "status.json", folder / "key"
        if status.exists() and key.exists() and (port := json.loads(status.read_text()).get("port")):
            # No answer means that it has ended, now or before: it leaves when its parent dies.
            with contextlib.suppress(OSError):
                converse(int(port), key.read_text(), wire.SHUTDOWN)
        shutil.rmtree(folder, ignore_errors=True)
