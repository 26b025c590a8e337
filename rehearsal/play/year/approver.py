"""The ML engineer is at hand all year: whatever job asks him for approval is answered, while others move the clock."""

from __future__ import annotations

import threading

from databricks.sdk import WorkspaceClient

from environments.settings import Environment, Model
from rehearsal.play import approvals

_LOOK_SECONDS = 1.0


class Approver:
    """Looks for a version that waits, and says yes as `make approve` does; from `start` until `stop`."""

    def __init__(self, client: WorkspaceClient, environment: Environment, model: Model) -> None:
        self._about = (client, environment, model)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True, name="approver")
        self._error: Exception | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def check(self) -> None:
        """Raises what keeps him from answering, for those who wait for his answer."""
        if self._error:
            raise self._error

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        self._thread.join()

    def _look(self) -> None:
        answered: set[int] = set()  # a version waits until its task has seen the answer
        try:
            while not self._stopped.wait(_LOOK_SECONDS):
                version = approvals.waiting(*self._about)
                if version and version not in answered:
                    approvals.answer(*self._about, version)
                    answered.add(version)
        except Exception as error:  # told by `check`, in the thread of who waits
            self._error = error
