"""Holds the attempts that run, so that who cancels, times out or stops the workspace can end them all, or one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rehearsal.workspace.jobs.runs import Where


class Stoppable(Protocol):
    """What can be ended from another thread."""

    def stop(self) -> None:
        """End it, or see to it that it never starts."""
        ...


class Leash:
    """The attempts of one run, or of one for-each task."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held: dict[Where, Stoppable] = {}
        self._ended: dict[Where, str] = {}
        self._all_ended_by: str | None = None
        self.interrupted = threading.Event()
        """Set when all is to end: wakes what waits for a retry."""

    @property
    def ended_by(self) -> str | None:
        """CANCELED or TIMEDOUT, when all is to end for that."""
        return self._all_ended_by

    def ended(self, where: Where) -> str | None:
        """What this record is to end by, if it is."""
        return self._all_ended_by or self._ended.get(where)

    def end(self, result: str) -> None:
        """End all attempts, and let none start; the first word holds."""
        with self._guard:
            self._all_ended_by = self._all_ended_by or result
        self.abandon()

    def end_one(self, where: Where, result: str) -> None:
        """End one record's attempt, or see to it that it never starts."""
        with self._guard:
            self._ended.setdefault(where, result)
            attempt = self._held.get(where)
        if attempt is not None:
            _stop(attempt)

    def renew(self, where: Where) -> None:
        """A record that was ended is run again."""
        with self._guard:
            self._ended.pop(where, None)

    def abandon(self) -> None:
        """Stop the attempts for no reason of the run's: the workspace stops."""
        self.interrupted.set()
        with self._guard:
            held = list(self._held.values())
        for attempt in held:
            _stop(attempt)

    def holds(self, where: Where) -> bool:
        """Does this record's attempt run?"""
        with self._guard:
            return where in self._held

    @contextmanager
    def hold(self, where: Where, attempt: Stoppable) -> Iterator[None]:
        """Hold an attempt while it runs; it is stopped at once when its end has been said before."""
        with self._guard:
            self._held[where] = attempt
            over = self._all_ended_by or self._ended.get(where) or self.interrupted.is_set()
        if over:
            attempt.stop()
        try:
            yield
        finally:
            with self._guard:
                self._held.pop(where, None)


def _stop(attempt: Stoppable) -> None:
    # It waits for a process to end by itself; who cancels does not.
    threading.Thread(target=attempt.stop, daemon=True).start()
