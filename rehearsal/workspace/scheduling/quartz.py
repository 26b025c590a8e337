"""Quartz cron expressions: what is wrong with one, and when it fires next.

The rules are those of Quartz's CronTrigger, which Databricks' jobs, monitors and alerts take:
https://www.quartz-scheduler.org/documentation/quartz-2.3.0/tutorials/crontrigger.html
Times are of a time zone's wall clock. One that daylight saving leaves out does not fire; of one that comes twice the
first fires: "a job may appear not to fire for an hour or two", as Databricks says of its schedules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rehearsal.workspace.scheduling.cron_fields import numbers
from rehearsal.workspace.scheduling.month_days import DayRule, days_of_month, days_of_week

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_YEARS = (1970, 2099)
_NAMES = ("seconds", "minutes", "hours", "day-of-month", "month", "day-of-week", "year")


@dataclass(frozen=True)
class Cron:
    """A parsed expression in its time zone."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    years: frozenset[int]
    days: DayRule
    zone: ZoneInfo

    def after(self, moment: datetime) -> datetime | None:
        """The first time after the moment at which it fires, in UTC; None when it never does again."""
        start = moment.astimezone(self.zone).replace(tzinfo=None)
        for day in self._dates(start.date()):
            for local in self._times(day, start):
                found = local.replace(tzinfo=self.zone).astimezone(UTC)
                exists = found.astimezone(self.zone).replace(tzinfo=None) == local
                if exists and found > moment:
                    return found
        return None

    def _dates(self, start: date) -> Iterator[date]:
        year, month = start.year, start.month
        while year <= _YEARS[1]:
            if year in self.years and month in self.months:
                yield from (
                    day for number in sorted(self.days(year, month)) if (day := date(year, month, number)) >= start
                )
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)

    def _times(self, day: date, start: datetime) -> Iterator[datetime]:
        first = start if day == start.date() else datetime.combine(day, datetime.min.time())
        for hour in self.hours:
            if hour < first.hour:
                continue
            for minute in self.minutes:
                if (hour, minute) < (first.hour, first.minute):
                    continue
                yield from (datetime(day.year, day.month, day.day, hour, minute, second) for second in self.seconds)


@lru_cache(1024)
def parse(expression: str, timezone: str) -> Cron:
    """The expression in the time zone (a name of the tz database). Raises ValueError that says what is wrong."""
    try:
        zone = ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"'{timezone}' is not a time zone of the tz database, such as Europe/Amsterdam.") from error
    fields = expression.upper().split()
    if len(fields) not in (6, 7):
        raise ValueError(
            f"'{expression}' is not a Quartz cron expression of 6 or 7 fields: "
            "seconds minutes hours day-of-month month day-of-week [year]."
        )
    if [fields[3], fields[5]].count("?") != 1:
        raise ValueError(f"'{expression}': exactly one of day-of-month and day-of-week must be '?'.")
    month = {name: number for number, name in enumerate(_MONTHS, 1)}
    week = {name: number for number, name in enumerate(_DAYS, 1)}
    days = days_of_month(fields[3]) if fields[5] == "?" else days_of_week(fields[5], week)
    seconds, minutes, hours = (
        tuple(sorted(numbers(fields[index], high, 0, {}, _NAMES[index]))) for index, high in ((0, 59), (1, 59), (2, 23))
    )
    return Cron(
        seconds,
        minutes,
        hours,
        frozenset(numbers(fields[4], 12, 1, month, "month")),
        frozenset(numbers(fields[6] if len(fields) == 7 else "*", _YEARS[1], _YEARS[0], {}, "year")),
        days,
        zone,
    )


@dataclass(frozen=True)
class Every:
    """A fixed interval, counted from when it was set."""

    interval: timedelta

    def after(self, moment: datetime) -> datetime | None:
        """One interval later."""
        return moment + self.interval
