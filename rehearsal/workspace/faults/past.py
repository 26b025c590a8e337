"""Slow consistency: reads are answered from the store as it was a while ago, by a snapshot of its database.

Who asks is looked up in the present: a new token signs in at once.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from rehearsal.workspace.context import Platform
from rehearsal.workspace.faults.fault import Fault
from rehearsal.workspace.identity import tokens
from rehearsal.workspace.store import Body, Store, Transaction

_A_SECOND = 20  # snapshots


class Past:
    """The application of slow consistency: made when first needed, over a store that shows what was."""

    def __init__(self, platform: Platform, as_of: Callable[[Platform], Any]) -> None:
        self._store: StoreOfThePast | None = None
        self._application: Any = None
        self._lock = threading.Lock()
        self._platform = platform
        self._as_of = as_of

    def application(self, fault: Fault) -> Any:
        """The application as of `fault.wanted.seconds` ago, or of the fault's first request."""
        with self._lock:
            if self._store is None:
                self._store = StoreOfThePast(self._platform.store)
                self._application = self._as_of(replace(self._platform, store=self._store))
            self._store.look_back(fault.id, fault.wanted.seconds)
        return self._application


class StoreOfThePast(Store):
    """A store that shows a moment ago and takes no writes."""

    def __init__(self, present: Store) -> None:
        self._present = present
        self._lock = threading.RLock()
        self._fault: int | None = None
        self._snapshots: deque[tuple[float, sqlite3.Connection]] = deque()

    def look_back(self, fault: int, seconds: float) -> None:
        """Remember the present, and show the latest moment that is that long ago, or the first of this fault."""
        with self._lock:
            now = time.monotonic()
            if self._fault != fault:
                self._forget(len(self._snapshots))
                self._fault = fault
            if not self._snapshots or now - self._snapshots[-1][0] > 1 / _A_SECOND:
                self._snapshots.append((now, self._taken()))
            self._forget(sum(now - time_taken >= seconds for time_taken, _ in self._snapshots) - 1)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Reads of that moment."""
        with self._lock:
            yield _ReadsOfThePast(self._snapshots[0][1], self._present)

    def _taken(self) -> sqlite3.Connection:
        """A connection that sees the database as it is now, whatever comes."""
        connection = sqlite3.connect(
            f"file:{self._present.path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM document LIMIT 1").fetchone()
        return connection

    def _forget(self, count: int) -> None:
        for _ in range(count):
            self._snapshots.popleft()[1].close()


class _ReadsOfThePast(Transaction):
    """Reads of a snapshot, but for tokens."""

    def __init__(self, snapshot: sqlite3.Connection, present: Store) -> None:
        super().__init__(snapshot)
        self._present = present

    def get(self, kind: str, key: str) -> Body | None:
        """The document, as it was."""
        if kind != tokens.KIND:
            return super().get(kind, key)
        with self._present.transaction() as tx:
            return tx.get(kind, key)
