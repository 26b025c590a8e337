"""A source of due moments, and the durable record by which a moment fires once: neither twice nor, by a crash, never.

That a moment has fired and what it started become durable in one transaction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from rehearsal.workspace import faults
from rehearsal.workspace.context import Platform
from rehearsal.workspace.store import Body, Transaction

KIND = "schedule"
# Quartz's default: a moment that is missed by more is not made up for.
# https://www.quartz-scheduler.org/documentation/quartz-2.3.0/configuration/ConfigJobStoreTX.html
MISFIRE_THRESHOLD = timedelta(seconds=60)


class Rule(Protocol):
    """When something recurs."""

    def after(self, moment: datetime) -> datetime | None:
        """The first time after the moment, in UTC; None when there is none."""
        ...


@dataclass(frozen=True)
class Started:
    """What a moment has started: as the answer shows it, how to find out whether it has ended.

    `begin` is called once it is durable; where the workspace dies before that, the next start begins it.
    """

    shown: Body
    ended: Callable[[], bool]
    begin: Callable[[], object] = lambda: None


class Source(ABC):
    """Things of one kind that happen by time, each by its key."""

    name: str

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    @abstractmethod
    def due(self, now: datetime) -> dict[str, datetime]:
        """When each is next due; a moment that has passed is due now."""

    @abstractmethod
    def fire(self, key: str, moment: datetime) -> Started | None:
        """Do what is due, durably once; None when it no longer is."""


class Recurring(Source):
    """A source of things with a rule of recurrence."""

    @abstractmethod
    def rules(self, tx: Transaction) -> dict[str, tuple[str, Rule]]:
        """What is not paused: its rule, and a text that changes when the rule does."""

    @abstractmethod
    def start(self, tx: Transaction, key: str) -> Started:
        """Start one, within the transaction that notes its moment as fired."""

    def due(self, now: datetime) -> dict[str, datetime]:
        """By the records; one is made when a rule is new or changed, renewed when its moment was missed."""
        with self.platform.store.transaction() as tx:
            return self._due(tx, now)

    def _due(self, tx: Transaction, now: datetime) -> dict[str, datetime]:
        known = {key.removeprefix(f"{self.name}:"): body for key, body in tx.items(KIND, f"{self.name}:")}
        rules = self.rules(tx)
        for key in known.keys() - rules.keys():
            tx.delete(KIND, f"{self.name}:{key}")
        found = {}
        for key, (text, rule) in rules.items():
            record = known.get(key)
            moment = _moment(record)
            if record is None or record["rule"] != text or (moment and moment < now - MISFIRE_THRESHOLD):
                moment = rule.after(now)
                self._note(tx, key, text, moment)
            if moment is not None:
                found[key] = moment
        return found

    def fire(self, key: str, moment: datetime) -> Started | None:
        """Start it, if it is still due at that moment, and note the next one."""
        with self.platform.store.transaction() as tx:
            text, rule = self.rules(tx).get(key, (None, None))
            record = tx.get(KIND, f"{self.name}:{key}")
            if rule is None or text is None or record is None or record["rule"] != text or _moment(record) != moment:
                return None
            self._note(tx, key, text, rule.after(moment))
            started = self.start(tx, key)
        faults.point("schedule.fired")
        started.begin()
        return started

    def _note(self, tx: Transaction, key: str, text: str, moment: datetime | None) -> None:
        tx.put(KIND, f"{self.name}:{key}", {"rule": text, "next": moment.isoformat() if moment else None})


def _moment(record: Body | None) -> datetime | None:
    return datetime.fromisoformat(record["next"]) if record and record["next"] else None
