"""Keeps one served entity's process alive: starts it, watches it, starts it again when it dies."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from databricks.sdk.service.serving import ServedModelState, ServedModelStateDeployment

from rehearsal.workspace.processes import ProcessesStopped
from rehearsal.workspace.serving.process import SCORING_SECONDS, LoadFailed, ModelProcess, ModelSpec, unavailable

LOAD_SECONDS = 600.0
_WATCH_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 30.0
log = logging.getLogger(__name__)


class Replica:
    """A served entity and the thread that supervises its process."""

    def __init__(self, name: str, spec: ModelSpec, start: Callable[[ModelSpec], ModelProcess]) -> None:
        self.name = name
        self.spec = spec
        self._start = start
        self._process: ModelProcess | None = None
        self._error: str | None = None
        self._was_ready = False
        self._decided = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._supervise, daemon=True, name=f"serving-{name}")
        self._thread.start()

    def wait_first_result(self) -> str | None:
        """Wait for the first start to succeed (None) or to fail (why)."""
        self._decided.wait()
        return self._error

    def process(self) -> ModelProcess:
        """The process to ask. Raises DatabricksError 503 while there is none."""
        process = self._process
        if process is None:
            reason = f" Last error: {self._error}" if self._error else ""
            raise unavailable(f"The served entity '{self.name}' is not ready; it is being started.{reason}")
        return process

    def state(self) -> ServedModelState:
        """The state as the endpoint shows it."""
        deployment = ServedModelStateDeployment
        if self._process is not None:
            return ServedModelState(deployment.DEPLOYMENT_READY, "")
        if self._error is not None:
            return ServedModelState(deployment.DEPLOYMENT_FAILED, f"Failed to deploy the model: {self._error}")
        if self._was_ready:
            return ServedModelState(deployment.DEPLOYMENT_RECOVERING, "The model server ended and is started again.")
        return ServedModelState(deployment.DEPLOYMENT_CREATING, "Loading the model.")

    def retire(self) -> None:
        """Let running requests end, then end the process; returns at once."""
        self._stopped.set()
        threading.Thread(target=self._end, args=(SCORING_SECONDS,), daemon=True, name=f"retire-{self.name}").start()

    def stop(self) -> None:
        """End the process now."""
        self._stopped.set()
        self._end(0)

    def _end(self, drain_seconds: float) -> None:
        self._thread.join()
        if self._process is not None:
            self._process.stop(drain_seconds)

    def _supervise(self) -> None:
        pause = 0.0
        while not self._stopped.wait(pause):
            pause = min(_LONGEST_PAUSE_SECONDS, pause * 2 or 1.0)
            process: ModelProcess | None = None
            try:
                process = self._start(self.spec)
                process.wait_ready(LOAD_SECONDS, self._stopped)
            except (LoadFailed, ProcessesStopped, OSError) as error:
                log.warning("served entity %s: %s", self.name, error)
                self._error = str(error)
                self._decided.set()
                if process is not None:
                    process.stop()
                continue
            self._error, self._process, self._was_ready, pause = None, process, True, 0.0
            self._decided.set()
            while (code := process.exit_code()) is None:
                if self._stopped.wait(_WATCH_SECONDS):
                    return
            log.warning("served entity %s: process %d ended with %s, starting it again", self.name, process.pid, code)
            self._process = None
            process.stop()
        self._decided.set()
