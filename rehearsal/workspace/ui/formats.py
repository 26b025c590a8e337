"""How values are written on the pages: moments, durations, sizes, numbers, states."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import Enum
from typing import Any

_GOOD = {"SUCCESS", "READY", "OK", "DELIVERED", "FINISHED", "ACTIVE", "DEPLOYMENT_READY", "RUNNING_OK", "SUCCEEDED"}
_BAD = {
    "FAILED", "TIMEDOUT", "TIMED_OUT", "INTERNAL_ERROR", "UPSTREAM_FAILED", "ERROR", "TRIGGERED", "UPDATE_FAILED",
    "DEPLOYMENT_FAILED", "KILLED", "MAXIMUM_CONCURRENT_RUNS_REACHED", "FAILED_REGISTRATION", "UNDELIVERABLE",
}  # fmt: skip
_BUSY = {"RUNNING", "PENDING", "QUEUED", "WAITING", "IN_PROGRESS", "TERMINATING", "BLOCKED", "SCHEDULED"}


def word(value: Any) -> str:
    """An enumeration's member as the API writes it; everything else as it is; nothing for None."""
    return "" if value is None else str(value.value if isinstance(value, Enum) else value)


def tone(value: Any) -> str:
    """The class of style of a state: good, bad, busy or quiet."""
    name = word(value).upper()
    return "good" if name in _GOOD else "bad" if name in _BAD else "busy" if name in _BUSY else "quiet"


def moment(value: Any) -> str:
    """Milliseconds since 1970, an ISO time or a datetime, as `2026-03-01 14:05:09` in UTC."""
    if value in (None, "", 0):
        return ""
    if isinstance(value, int | float):
        value = datetime.fromtimestamp(value / 1000, UTC)
    elif isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return str(value)
    return f"{value:%Y-%m-%d %H:%M:%S}"


def duration(milliseconds: float | None) -> str:
    """`840 ms`, `12.3 s`, `4 min 5 s`, `2 h 3 min`."""
    if milliseconds is None:
        return ""
    seconds = milliseconds / 1000
    if seconds < 1:
        return f"{milliseconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def size(count: int | None) -> str:
    """Bytes as people say them."""
    amount, unit = float(count or 0), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"


def number(value: Any) -> str:
    """A measured value in as many digits as say something; other values as they are."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return word(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def pretty(value: Any) -> str:
    """JSON for people."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


FILTERS = {function.__name__: function for function in (word, tone, moment, duration, size, number, pretty)}
