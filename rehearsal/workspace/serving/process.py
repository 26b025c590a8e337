"""One model server process: spawned by the warm parent, asked through a loopback port with a key of its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from rehearsal.workspace import processes
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.serving.protocol import KEY_HEADER, KEY_VARIABLE

# https://learn.microsoft.com/azure/databricks/machine-learning/model-serving/model-serving-limits
SCORING_SECONDS = 297
_HEALTH_SECONDS = 5
# What a process needs of the surroundings; nothing that carries a credential of the workspace is passed on.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "OMP_NUM_THREADS")


class LoadFailed(Exception):
    """The process could not load its model; the text is for the endpoint's owner."""


class Retired(Exception):
    """The process takes no more requests: another configuration serves by now."""


@dataclass(frozen=True)
class ModelSpec:
    """What makes two served entities the same process: the model version and the environment."""

    entity_name: str
    entity_version: str
    environment: tuple[tuple[str, str], ...]
    log: Path


class ModelProcess:
    """A started process; usable from any thread."""

    def __init__(self, spec: ModelSpec, files: Path, folder: Path) -> None:
        self.spec = spec
        self._files = files
        self._folder = folder
        self._key = secrets.token_urlsafe(32)
        self._status = folder / "status.json"
        self._in_flight = 0
        self._closed = False
        self._idle = threading.Condition()
        self._client: httpx.Client | None = None
        folder.mkdir(parents=True, mode=0o700)
        write_key(folder, self._key)
        spec.log.parent.mkdir(parents=True, exist_ok=True)
        self.pid = processes.warm_parent().spawn(
            "rehearsal.workspace.serving.model_server",
            ["--model", str(files), "--status", str(self._status)],
            self._environment(),
            folder,
            spec.log,
        )

    def wait_ready(self, seconds: float, stopped: threading.Event) -> None:
        """Wait until the health check answers. Raises LoadFailed."""
        deadline = time.monotonic() + seconds
        while not stopped.wait(0.05):
            if self._status.exists():
                status = json.loads(self._status.read_text())
                if "error" in status:
                    raise LoadFailed(self._public(status["error"]))
                self._client = client(int(status["port"]), self._key)
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

    def invoke(self, body: bytes, content_type: str, path: str = "/invocations") -> httpx.Response:
        """Score; the process is not stopped before it answers. Raises Retired, or DatabricksError without an answer."""
        assert self._client is not None, "asked before it was ready"
        with self._idle:
            if self._closed:
                raise Retired
            self._in_flight += 1
        try:
            return self._client.post(path, content=body, headers={"content-type": content_type})
        except httpx.TimeoutException as error:
            raise DatabricksError(
                504, "DEADLINE_EXCEEDED", f"The model gave no answer within {SCORING_SECONDS} seconds."
            ) from error
        except httpx.TransportError as error:
            raise unavailable("The model server stopped while it answered; it is being started again.") from error
        finally:
            with self._idle:
                self._in_flight -= 1
                self._idle.notify_all()

    def stop(self, drain_seconds: float = 0) -> None:
        """Let running requests end, then end the process and remove its folder."""
        with self._idle:
            self._closed = True
            self._idle.wait_for(lambda: self._in_flight == 0, timeout=drain_seconds)
        if self.exit_code() is None:
            processes.warm_parent().kill(self.pid)
        if self._client is not None:
            self._client.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        assert self._client is not None
        try:
            return self._client.get("/ping", timeout=_HEALTH_SECONDS).is_success
        except httpx.TransportError:
            return False

    def _environment(self) -> dict[str, str]:
        passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        quiet = {"MLFLOW_DISABLE_TELEMETRY": "true"}
        return {**passed, **quiet, **dict(self.spec.environment), KEY_VARIABLE: self._key}

    def _public(self, message: str) -> str:
        """The message without this machine's paths."""
        uri = f"models:/{self.spec.entity_name}/{self.spec.entity_version}"
        return re.sub(rf"(file://)?{re.escape(str(self._files))}", uri, message)


def unavailable(message: str) -> DatabricksError:
    """The endpoint cannot answer now, but will (503; databricks-sdk tries again)."""
    return DatabricksError(503, "TEMPORARILY_UNAVAILABLE", message)


def client(port: int, key: str) -> httpx.Client:
    """HTTP client of one model server; `trust_env` off, as no proxy stands between."""
    return httpx.Client(
        base_url=f"http://127.0.0.1:{port}",
        headers={KEY_HEADER: key},
        timeout=httpx.Timeout(SCORING_SECONDS, connect=_HEALTH_SECONDS),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        trust_env=False,
    )


def write_key(folder: Path, key: str) -> None:
    """Keep the key beside the status file, for the owner's eyes only: with it, a later start ends an orphan."""
    with os.fdopen(os.open(folder / "key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key)


def end_orphans(root: Path) -> None:
    """End model servers that a killed workspace left: only what answers to the key in its folder is one of ours."""
    for folder in sorted(root.glob("*")):
        status, key = folder / "status.json", folder / "key"
        if status.exists() and key.exists() and (port := json.loads(status.read_text()).get("port")):
            # A refused connection means that it is gone already, as it leaves when its parent dies.
            with contextlib.suppress(httpx.TransportError), client(int(port), key.read_text()) as orphan:
                orphan.post("/shutdown", timeout=_HEALTH_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)
