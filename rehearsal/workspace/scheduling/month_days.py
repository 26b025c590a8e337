"""The day fields of a Quartz cron expression as functions from (year, month) to the days on which it fires."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable

from rehearsal.workspace.scheduling.cron_fields import numbers

DayRule = Callable[[int, int], set[int]]
_SATURDAY, _SUNDAY = 5, 6  # as Python counts


def days_of_month(text: str) -> DayRule:
    """Numbers, ranges and steps; `L` the last day, `L-3` three before it, `15W` the weekday nearest to the 15th, `LW`.

    Raises ValueError.
    """
    rules = [_day_of_month(part) for part in text.split(",")]
    return lambda year, month: set().union(*(rule(year, month) for rule in rules))


def days_of_week(text: str, words: dict[str, int]) -> DayRule:
    """Days 1 (Sunday) to 7 by number or name; `6L` the month's last Friday, `6#3` its third; `L` alone is Saturday.

    Raises ValueError.
    """
    rules = [_day_of_week(part, words) for part in text.split(",")]
    return lambda year, month: set().union(*(rule(year, month) for rule in rules))


def _day_of_month(part: str) -> DayRule:
    if found := re.fullmatch(r"L(?:-(\d+))?", part):
        back = int(found[1] or 0)
        if back > 30:
            raise ValueError(f"'{part}' in the field day-of-month: the offset from the last day must be at most 30.")
        return lambda year, month: {last - back} if (last := _last(year, month)) > back else set()
    if part == "LW":
        return lambda year, month: {_nearest_weekday(year, month, _last(year, month))}
    if found := re.fullmatch(r"(\d+)W", part):
        wanted = int(found[1])
        if not 1 <= wanted <= 31:
            raise ValueError(f"'{part}' in the field day-of-month is not a day from 1 to 31.")
        return lambda year, month: {_nearest_weekday(year, month, wanted)} if wanted <= _last(year, month) else set()
    days = numbers(part, 31, 1, {}, "day-of-month")
    return lambda year, month: {day for day in days if day <= _last(year, month)}


def _day_of_week(part: str, words: dict[str, int]) -> DayRule:
    if part == "L":
        return _weekday(7)
    if found := re.fullmatch(r"(\w+?)(?:L|#([1-5]))", part):
        (day,) = numbers(found[1], 7, 1, words, "day-of-week")
        every = _weekday(day)
        if found[2] is None:
            return lambda year, month: {max(every(year, month))}
        position = int(found[2])
        return lambda year, month: set(sorted(every(year, month))[position - 1 : position])
    rules = [_weekday(day) for day in numbers(part, 7, 1, words, "day-of-week")]
    return lambda year, month: set().union(*(rule(year, month) for rule in rules))


def _weekday(day: int) -> DayRule:
    """All of a month's days of one weekday, 1 being Sunday."""

    def rule(year: int, month: int) -> set[int]:
        first, last = monthrange(year, month)
        offset = ((day - 2) % 7 - first) % 7
        return set(range(1 + offset, last + 1, 7))

    return rule


def _nearest_weekday(year: int, month: int, day: int) -> int:
    """Monday to Friday nearest to the day without leaving the month."""
    first, last = monthrange(year, month)
    weekday = (first + day - 1) % 7
    if weekday == _SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == _SUNDAY:
        return day + 1 if day < last else day - 2
    return day


def _last(year: int, month: int) -> int:
    return monthrange(year, month)[1]
