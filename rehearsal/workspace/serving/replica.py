"""Keeps one model server process alive: starts it, watches it, starts it again when it dies."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from rehearsal.workspace.processes import ProcessesStopped
from rehearsal.workspace.serving.process import LoadFailed, ModelProcess, ModelSpec

LOAD_SECONDS = 600.0
_WATCH_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 30.0
log = logging.getLogger(__name__)


class Owner(Protocol):
    """Who wants to know what becomes of the process; called from the supervising thread."""

    def ready(self, process: ModelProcess) -> None:
        """It answers."""
        ...

    def gone(self, process: ModelProcess) -> None:
        """It has ended by itself."""
        ...

    def failed(self, reason: str) -> None:
        """It could not be started; after a pause it is tried again."""
        ...


class Replica:
    """A model server and the thread that supervises it."""

    def __init__(self, name: str, spec: ModelSpec, start: Callable[[ModelSpec], ModelProcess], owner: Owner) -> None:
        self.name = name
        self.error: str | None = None
        self.process: ModelProcess | None = None
        self.was_ready = False
        self._spec = spec
        self._start = start
        self._owner = owner
        self._decided = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._supervise, daemon=True, name=f"serving-{name}")
        self._thread.start()

    def wait_first_result(self) -> str | None:
        """Wait for the first start to succeed (None) or to fail (why)."""
        self._decided.wait()
        return self.error

    def stop(self) -> None:
        """End the process now."""
        self._stopped.set()
        self._thread.join()
        if self.process is not None:
            self.process.stop()

    def _supervise(self) -> None:
        pause = 0.0
        while not self._stopped.wait(pause):
            pause = min(_LONGEST_PAUSE_SECONDS, pause * 2 or 1.0)
            process: ModelProcess | None = None
            try:
                process = self._start(self._spec)
                process.wait_ready(LOAD_SECONDS, self._stopped)
            except (LoadFailed, ProcessesStopped, OSError) as error:
                log.warning("served entity %s: %s", self.name, error)
                self.error = str(error)
                self._owner.failed(self.error)
                self._decided.set()
                if process is not None:
                    process.stop()
                continue
            self.error, self.process, self.was_ready, pause = None, process, True, 0.0
            self._owner.ready(process)
            self._decided.set()
            while (code := process.exit_code()) is None:
                if self._stopped.wait(_WATCH_SECONDS):
                    return
            log.warning("served entity %s: process %d ended with %s, starting it again", self.name, process.pid, code)
            self.process = None
            self._owner.gone(process)
            process.stop()
        self._decided.set()
