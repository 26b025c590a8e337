"""Windows of time: which one a moment falls into, and from when to when it is. Pure functions, all in UTC.

Windows tumble; weeks begin on Monday, months and years on their first day.
https://learn.microsoft.com/azure/databricks/lakehouse-monitoring/monitor-output#how-monitor-statistics-are-computed
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Micros = NDArray[np.int64]
_MINUTE, _WEEK = 60_000_000, 7 * 86_400_000_000
_WIDTHS = {"minutes": _MINUTE, "hour": 60 * _MINUTE, "day": 1440 * _MINUTE, "week": _WEEK, "weeks": _WEEK}
_CALENDAR = {"month": "datetime64[M]", "year": "datetime64[Y]"}
_MONDAY = 4 * 1440 * _MINUTE  # the first one after 1970-01-01
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def numbers(granularity: str, times: Micros) -> NDArray[np.int64]:
    """Number of the window of each moment (microseconds since 1970): windows in order of time, without gaps."""
    count, unit = _parsed(granularity)
    if unit in _CALENDAR:
        return times.view("datetime64[us]").astype(_CALENDAR[unit]).astype(np.int64)
    return (times - _offset(unit)) // (count * _WIDTHS[unit])


def bounds(granularity: str, number: int) -> tuple[datetime, datetime]:
    """Start and end (exclusive) of a window by its number."""
    count, unit = _parsed(granularity)
    if unit in _CALENDAR:
        starts = np.array([number, number + 1]).astype(_CALENDAR[unit]).astype("datetime64[us]").astype(np.int64)
    else:
        starts = np.array([number, number + 1]) * (count * _WIDTHS[unit]) + _offset(unit)
    first, last = (moment(int(start)) for start in starts)
    return first, last


def moment(micros: int) -> datetime:
    """Microseconds since 1970 as a time."""
    return _EPOCH + timedelta(microseconds=micros)


def micros(time: datetime) -> int:
    """A time as microseconds since 1970."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def _parsed(granularity: str) -> tuple[int, str]:
    found = re.fullmatch(r"(\d+) (\w+)", granularity)
    assert found is not None  # checked when the monitor was made
    return int(found[1]), found[2]


def _offset(unit: str) -> int:
    return _MONDAY if unit.startswith("week") else 0
