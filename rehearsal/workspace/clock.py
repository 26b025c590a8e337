"""The workspace's clock: real time plus a durable offset that only grows, so that a schedule's next day can be had now.

A new home's may begin in the past, so that what happened then can be lived through once more. What users see of jobs,
alerts, monitors, dashboards, notifications and model versions is told by this clock, and tasks and queries read it.
Tokens' lifetimes and signed URLs are not: they keep real time, so that moving the clock signs nobody out.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rehearsal.workspace.errors import invalid
from rehearsal.workspace.store import Store, Transaction

_KIND, _KEY = "clock", "offset"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock:
    """The clock of one store. One process serves a store, so the offset is read once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.transaction() as tx:
            self._offset = _offset(tx)

    @property
    def offset(self) -> timedelta:
        """How far it is ahead of real time; negative where it is behind."""
        return self._offset

    def now(self) -> datetime:
        """The workspace's time, in UTC."""
        return datetime.now(UTC) + self._offset

    def milliseconds(self) -> int:
        """Now, as most of Databricks' APIs write times: milliseconds since 1970."""
        return in_milliseconds(self.now())

    def move(self, to: datetime) -> None:
        """Set the clock forward, durably. Raises DatabricksError 400 for a moment that has passed."""
        now = self.now()
        if to < now:
            raise invalid(f"The clock says {now.isoformat()}: it cannot be set back to {to.isoformat()}.")
        self.reach(to)

    def begin(self, moment: datetime) -> None:
        """Let a new store's time begin with the moment, past or future, durably."""
        self._set(moment - datetime.now(UTC))

    def reach(self, moment: datetime) -> None:
        """Set the clock forward to the moment, durably, unless it has passed."""
        self._set(max(self._offset, moment - datetime.now(UTC)))

    def _set(self, offset: timedelta) -> None:
        with self._store.transaction() as tx:
            tx.put(_KIND, _KEY, {"microseconds": offset // timedelta(microseconds=1)})
        self._offset = offset


def now(tx: Transaction) -> datetime:
    """The workspace's time, in UTC, for functions that know a transaction only."""
    return datetime.now(UTC) + _offset(tx)


def milliseconds(tx: Transaction) -> int:
    """The same in milliseconds since 1970."""
    return in_milliseconds(now(tx))


def in_milliseconds(moment: datetime) -> int:
    """A moment in milliseconds since 1970."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _offset(tx: Transaction) -> timedelta:
    return timedelta(microseconds=(tx.get(_KIND, _KEY) or {"microseconds": 0})["microseconds"])
