"""Cron expressions of Quartz, which Databricks jobs take: what is wrong with one, before the workspace refuses it.

The rules are those of Quartz's CronTrigger: six fields or, with the year, seven; one of day-of-month and day-of-week
says `?`, for whatever the other one says; days of the week are 1 (Sunday) to 7.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    words: Mapping[str, int] = field(default_factory=dict)
    special: str = ""
    """What the field alone may say besides numbers and ranges, as a regular expression."""


FIELDS = (
    _Field("seconds", 0, 59),
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day-of-month", 1, 31, special=r"L(-([1-9]|[12]\d|30))?|LW|([1-9]|[12]\d|3[01])W"),
    _Field("month", 1, 12, words={name: number for number, name in enumerate(MONTHS, 1)}),
    _Field("day-of-week", 1, 7, words={name: number for number, name in enumerate(DAYS, 1)}, special="L"),
    _Field("year", 1970, 2099),
)
DAY_FIELDS = (3, 5)


def expectation(expression: str) -> str | None:
    """What is expected instead of the expression, or None when Quartz takes it."""
    fields = expression.upper().split(" ")
    if len(fields) not in (6, 7) or "" in fields:
        return "a Quartz cron expression: seconds minutes hours day-of-month month day-of-week [year]"
    if [fields[index] for index in DAY_FIELDS].count("?") != 1:
        return "? as exactly one of day-of-month and day-of-week"
    for index, (text, kind) in enumerate(zip(fields, FIELDS, strict=False)):
        if text == "?" and index in DAY_FIELDS:
            continue
        if not all(_fits(part, kind) for part in text.split(",")):
            return f"{kind.name} from {kind.low} to {kind.high} where it says {text!r}"
    return None


def _fits(part: str, kind: _Field) -> bool:
    """Whether Quartz takes one of the parts between commas."""
    base, slash, step = part.partition("/")
    if slash and not (step.isascii() and step.isdigit() and 1 <= int(step) <= kind.high):
        return False
    if base == "*":
        return True
    if not slash and kind.special and _is_special(base, kind):
        return True
    values = [_value(text, kind) for text in base.split("-")]
    return len(values) <= 2 and None not in values


def _is_special(text: str, kind: _Field) -> bool:
    if re.fullmatch(kind.special, text):
        return True
    # The last Friday of the month is 6L, the third one 6#3.
    found = re.fullmatch(r"(\w+?)(L|#[1-5])", text) if kind.name == "day-of-week" else None
    return found is not None and _value(found[1], kind) is not None


def _value(text: str, kind: _Field) -> int | None:
    """The number that the text means, None when it is none of the field's."""
    if text in kind.words:
        return kind.words[text]
    if text.isascii() and text.isdigit() and kind.low <= int(text) <= kind.high:
        return int(text)
    return None
