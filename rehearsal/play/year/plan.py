"""What a year is: its months, on which days people look at them, and what goes wrong in which month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

YEAR = 2013
HISTORY = range(1, 4)  # months that have passed when the year begins: the first version learns from them
BEGIN = datetime(YEAR, 4, 1, 12, tzinfo=UTC)
ASKED_DAY = 28  # of each month: whose flights callers and the topic's senders ask about on that very day
TRAINED_ON_SCHEDULE = (9, 12)  # months after which people look at a day on which the weekly training is due
_MONDAY, _TUESDAY = 0, 1


class Fault(StrEnum):
    """What goes wrong on purpose."""

    MISSING = "a day's file is missing"
    LATE = "a day's file comes a month late"
    DOUBLED = "a day's file comes twice, under two names"
    NEW_COLUMN = "a day's file has a column that nobody knows"
    CORRUPT = "a day's file has corrupt rows"
    CRASH = "the workspace dies while it ingests"
    BAD_MODEL = "a release whose scores are upside down"

    @property
    def label(self) -> str:
        """Such as `bad model`."""
        return self.name.replace("_", " ").lower()


FULL: Mapping[int, tuple[Fault, ...]] = {
    4: (),
    5: (Fault.MISSING,),
    6: (Fault.LATE,),
    7: (Fault.DOUBLED,),
    8: (Fault.NEW_COLUMN,),
    9: (Fault.CORRUPT,),
    10: (Fault.CRASH,),
    11: (Fault.BAD_MODEL,),
    12: (),
}
SHORT: Mapping[int, tuple[Fault, ...]] = {
    4: (Fault.MISSING, Fault.DOUBLED, Fault.NEW_COLUMN),
    5: (Fault.LATE, Fault.CORRUPT, Fault.CRASH),
    6: (Fault.BAD_MODEL,),
}
# The day of the month whose file a fault befalls: people have asked about the flights of late ones.
DAY_OF = {
    Fault.MISSING: ASKED_DAY,
    Fault.LATE: ASKED_DAY,
    Fault.DOUBLED: 15,
    Fault.NEW_COLUMN: 18,
    Fault.CORRUPT: 21,
}


@dataclass(frozen=True)
class Month:
    """A month of the year, with what goes wrong in it."""

    number: int
    faults: tuple[Fault, ...]

    @property
    def label(self) -> str:
        """Such as `2013-04`."""
        return f"{YEAR}-{self.number:02}"

    @property
    def asked_at(self) -> datetime:
        """When people and systems ask about the day's flights, whose truth nobody knows."""
        return datetime(YEAR, self.number, ASKED_DAY, 12, tzinfo=UTC)

    @property
    def looked_at(self) -> date:
        """The day on which the month's files are there and are worked on: the first Tuesday of the next month.

        After two of them it is the first Monday, on which the weekly training is due; else only alerts start one.
        """
        weekday = _MONDAY if self.number in TRAINED_ON_SCHEDULE else _TUESDAY
        first = date(YEAR + self.number // 12, self.number % 12 + 1, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7)

    def day_of(self, fault: Fault) -> date:
        """The day whose file the fault befalls."""
        return date(YEAR, self.number, DAY_OF[fault])

    def at(self, hour: int, minute: int = 0) -> datetime:
        """A moment of that day, UTC."""
        return datetime.combine(self.looked_at, time(hour, minute), UTC)


def months(faults: Mapping[int, tuple[Fault, ...]]) -> list[Month]:
    """The months in their order."""
    return [Month(number, what) for number, what in faults.items()]
