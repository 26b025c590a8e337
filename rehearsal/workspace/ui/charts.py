"""Plots as shapes on a plane: series of points placed between axes. Pure; a template draws them as SVG.

Coordinates are in pixels from the top left. Colours are the style sheet's, by the number of the series.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rehearsal.scale import scale, short

WIDTH, HEIGHT = 420, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 10, 8, 26
_LABELS = 5
COLOURS = 6
# A point as it is given: a place (number, time or name) and a value.
Point = tuple[Any, float | None]


@dataclass(frozen=True)
class Mark:
    """A point, or a column that stands on the axis; `words` say what it is."""

    x: float
    y: float
    words: str
    width: float = 0
    height: float = 0


@dataclass(frozen=True)
class Series:
    """The marks of one name, and the line through them."""

    name: str
    colour: int
    marks: list[Mark]
    line: str = ""


@dataclass(frozen=True)
class Chart:
    """All that is drawn, and the same as a table for those who do not see it."""

    title: str
    kind: str
    series: list[Series] = field(default_factory=list)
    x_ticks: list[tuple[float, str]] = field(default_factory=list)
    y_ticks: list[tuple[float, str]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    base: float = 0

    @property
    def empty(self) -> bool:
        """Is there nothing to draw?"""
        return not any(series.marks for series in self.series)


def chart(title: str, kind: str, data: Mapping[str, Sequence[Point]]) -> Chart:
    """Lines, areas, dots or columns of some series over one axis.

    Args:
        kind: line, area, scatter or bar.
        data: points by the name of their series; a place is a number, an ISO time, or a name (in given order).
    """
    points = {name: [(x, float(y)) for x, y in found if y is not None and _finite(y)] for name, found in data.items()}
    places = list(dict.fromkeys(x for found in points.values() for x, _ in found))
    across = _Across(places, columns=kind == "bar")
    values = [y for found in points.values() for _, y in found]
    low, high, ticks = scale(values, from_zero=kind in ("bar", "area"))

    def up(value: float) -> float:
        share = (value - low) / (high - low)
        return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)

    base = up(min(max(0.0, low), high))
    series = []
    for number, (name, found) in enumerate(points.items()):
        ordered = found if across.names else sorted(found, key=lambda point: across.place(point[0]))
        if kind == "bar":
            marks = [_column(across, number, len(points), name, x, up(y), y, base) for x, y in ordered]
            line = ""
        else:
            marks = [Mark(across.place(x), up(y), _words(name, x, y)) for x, y in ordered]
            line = _path(marks) if kind in ("line", "area") else ""
        series.append(Series(name, number % COLOURS, marks, line))
    return Chart(
        title=title,
        kind=kind,
        series=series,
        x_ticks=across.ticks(),
        y_ticks=[(up(tick), short(tick)) for tick in ticks],
        columns=["", *points],
        rows=_table(points, places),
        base=base,
    )


class _Across:
    """Where places are from left to right: to scale when they are numbers or times, else one after the other."""

    def __init__(self, places: Sequence[Any], columns: bool) -> None:
        self._places = list(places)
        numbers = [_number(place) for place in places]
        self.names = columns or any(number is None for number in numbers)
        self._numbers = [number for number in numbers if number is not None]

    def place(self, at: Any) -> float:
        """Pixels from the left."""
        span = WIDTH - _LEFT - _RIGHT
        if self.names:
            return round(_LEFT + (self._places.index(at) + 0.5) * span / max(1, len(self._places)), 1)
        low, high = min(self._numbers), max(self._numbers)
        share = 0.5 if high == low else ((_number(at) or 0) - low) / (high - low)
        return round(_LEFT + 8 + share * (span - 16), 1)

    def step(self) -> float:
        """Pixels that a name has for itself."""
        return (WIDTH - _LEFT - _RIGHT) / max(1, len(self._places))

    def ticks(self) -> list[tuple[float, str]]:
        """Some places with their words."""
        shown = self._places if self.names else sorted(self._places, key=lambda place: _number(place) or 0)
        every = max(1, math.ceil(len(shown) / _LABELS))
        return [(self.place(place), _label(place)) for place in shown[::every]]


def _column(across: _Across, number: int, of: int, name: str, x: Any, top: float, value: float, base: float) -> Mark:
    wide = across.step() * 0.8 / of
    left = across.place(x) - across.step() * 0.4 + number * wide
    high = max(1.0, abs(base - top))
    return Mark(round(left, 1), min(top, base), _words(name, x, value), round(max(1.0, wide - 1), 1), round(high, 1))


def _path(marks: Iterable[Mark]) -> str:
    return " ".join(f"{'M' if place == 0 else 'L'}{mark.x} {mark.y}" for place, mark in enumerate(marks))


def _number(place: Any) -> float | None:
    if isinstance(place, bool) or place is None:
        return None
    if isinstance(place, int | float):
        return float(place)
    if isinstance(place, datetime):
        return place.timestamp()
    try:
        moment = datetime.fromisoformat(str(place))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _label(place: Any) -> str:
    text = short(place) if isinstance(place, int | float) else str(place)
    for end in (".000Z", "T00:00:00Z", "T00:00:00", " 00:00:00"):
        text = text.removesuffix(end)
    return text if len(text) <= 16 else f"{text[:15]}…"


def _words(name: str, x: Any, y: float) -> str:
    return f"{name}, {x}: {short(y)}"


def _table(points: Mapping[str, Sequence[tuple[Any, float]]], places: Sequence[Any]) -> list[list[str]]:
    found = {name: dict(series) for name, series in points.items()}
    return [
        [str(place), *("" if place not in series else short(series[place]) for series in found.values())]
        for place in places
    ]
