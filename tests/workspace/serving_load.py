"""Constant load on an endpoint: as many connections as wanted, each asking again as soon as it is answered."""

from __future__ import annotations

import threading
from collections import Counter
from types import TracebackType

import httpx

from tests.workspace.serving_support import Workspace

_BODY = {"dataframe_records": [{"distance": 2.0, "hour": 5}]}


class Load:
    """Runs inside its `with` block.

    `answers` counts the predictions, `failures` has every answer that was no 200, and every error of a connection.
    """

    def __init__(self, workspace: Workspace, endpoint: str, connections: int) -> None:
        config = workspace.admin().config
        self.answers: Counter[float] = Counter()
        self.failures: list[str] = []
        self._url = f"{config.host}/serving-endpoints/{endpoint}/invocations"
        self._headers = config.authenticate()
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask) for _ in range(connections)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        with httpx.Client(headers=self._headers, timeout=60, trust_env=False) as client:
            while not self._done.is_set():
                try:
                    answer = client.post(self._url, json=_BODY)
                except httpx.HTTPError as error:
                    with self._lock:
                        self.failures.append(repr(error))
                    continue
                with self._lock:
                    if answer.status_code == 200:
                        self.answers[answer.json()["predictions"][0]] += 1
                    else:
                        self.failures.append(answer.text)
