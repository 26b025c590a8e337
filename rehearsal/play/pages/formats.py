"""How the report words values: durations, numbers, times, JSON. Pure functions, used as template filters."""

from __future__ import annotations

import base64
import json
import math
from datetime import datetime
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup

_GOOD = frozenset({"PROMOTED", "SUCCESS", "SUCCEEDED", "PASSED", "READY", "OK", "ALLOWED", "APPROVED"})
_BAD = frozenset(
    {
        "FAILED",
        "ERROR",
        "TIMEDOUT",
        "TRIGGERED",
        "CANCELED",
        "INTERNAL_ERROR",
        "UPSTREAM_FAILED",
        "UPSTREAM_CANCELED",
        "REJECTED",
        "ROLLED_BACK",
    }
)

# Text and tables only: what is written in a model's card loads nothing and leads nowhere.
_MARKDOWN = (
    MarkdownIt("commonmark", {"html": False}).enable("table").disable(["link", "image", "autolink", "html_inline"])
)


def duration(seconds: float | None) -> str:
    """`0.4 s`, `12 s`, `3 min 05 s`, `2 h 05 min`; a dash for what is not known."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_of_hour = divmod(minutes, 60)
    return f"{hours} h {minutes_of_hour:02d} min" if hours else f"{minutes} min {rest:02d} s"


def number(value: Any) -> str:
    """Numbers short enough to read, everything else as it is."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return str(value)


def percent(share: float) -> str:
    """`21.4 %`; a dash for what is not known."""
    return f"{100 * share:.1f} %" if math.isfinite(share) else "–"


def moment(value: datetime) -> str:
    """`24 November 2026, 08:34:38 UTC`."""
    return f"{value.day} {value:%B %Y, %H:%M:%S %Z}".strip()


def minute(value: datetime) -> str:
    """`2026-11-24 08:34 UTC`, where many stand in a column."""
    return f"{value:%Y-%m-%d %H:%M %Z}".strip()


def pretty_json(value: Any) -> str:
    """Indented JSON; what JSON does not know is written as text."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def data_uri(png: bytes) -> str:
    """A PNG picture as an address that needs no file."""
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def tone(state: str) -> str:
    """`good`, `bad` or `quiet`: the colour of a state. The state's own word stands beside it."""
    if state.upper() in _GOOD:
        return "good"
    return "bad" if state.upper() in _BAD else "quiet"


def short(text: str, length: int) -> str:
    """The text, cut with an ellipsis."""
    return text if len(text) <= length else text[: length - 1] + "…"


def markdown(text: str) -> Markup:
    """Markdown as HTML. Whatever is no markdown is escaped."""
    return Markup(_MARKDOWN.render(text))


FILTERS = {
    function.__name__: function
    for function in (duration, number, percent, moment, minute, pretty_json, data_uri, tone, short, markdown)
}
