"""Quality by month, with and without retraining; below each month its Champion and its share of positives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rehearsal.play.pages.formats import number, percent
from rehearsal.play.year.model import Month, YearReport
from rehearsal.scale import scale, short

WIDTH = 860
_LEFT, _RIGHT = 84, 176
_TOP, _BOTTOM = 14, 224
_COLUMN_TOP, _COLUMN_BOTTOM = 306, 346
HEIGHT = _COLUMN_BOTTOM + 4
_WIDEST = 40
_LABEL = 17
"""Pixels that a line of words needs."""


@dataclass(frozen=True)
class Dot:
    """A month's value; `words` say what it is."""

    x: float
    y: float
    words: str


@dataclass(frozen=True)
class Line:
    """One model's months, and where its name stands."""

    name: str
    dots: list[Dot]
    path: str
    label_y: float
    last: str


@dataclass(frozen=True)
class Column:
    """A month's place, what is written there, and its share of positives as a column."""

    x: float
    month: str
    champion: str
    words: str
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class QualityChart:
    """All that is drawn, and the same in words."""

    retrained: Line
    first: Line
    columns: list[Column]
    ticks: list[tuple[float, str]]
    left: int
    right: int
    width: int
    height: int
    bottom: int
    words: str


def draw(report: YearReport) -> QualityChart:
    """The chart of the deciding metric."""
    months = report.months
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(months))
    places = [round(_LEFT + (number_ + 0.5) * step, 1) for number_ in range(len(months))]
    retrained = [month.retrained.metrics.get(report.metric, math.nan) for month in months]
    first = [month.first.metrics.get(report.metric, math.nan) for month in months]
    known = [value for value in (*retrained, *first) if math.isfinite(value)]
    low, high, ticks = scale(known, from_zero=False)

    def up(value: float) -> float:
        return round(_BOTTOM - (value - low) / (high - low) * (_BOTTOM - _TOP), 1)

    def dots(name: str, values: Sequence[float]) -> list[Dot | None]:
        return [
            Dot(x, up(value), f"{month.label}, {name}: {number(value)}") if math.isfinite(value) else None
            for x, value, month in zip(places, values, months, strict=True)
        ]

    return QualityChart(
        *_lines(
            ("with retraining", dots("with retraining", retrained), retrained),
            ("without", dots("without", first), first),
        ),
        columns=[_column(month, months, x, step) for month, x in zip(months, places, strict=True)],
        ticks=[(up(tick), short(tick)) for tick in ticks] if known else [],
        left=_LEFT,
        right=WIDTH - _RIGHT,
        width=WIDTH,
        height=HEIGHT,
        bottom=_BOTTOM,
        words=f"{_course('With retraining', months, retrained)} {_course('Without', months, first)}",
    )


def _lines(*given: tuple[str, list[Dot | None], Sequence[float]]) -> tuple[Line, Line]:
    """Both lines, their names beside their last points, but not one upon the other."""
    upper, lower = given
    ends = [next((dot.y for dot in reversed(dots) if dot), _BOTTOM / 2) for _, dots, _ in given]
    lack = max(0.0, _LABEL - abs(ends[0] - ends[1])) / 2
    above = -lack if ends[0] <= ends[1] else lack
    return _line(*upper, ends[0] + above), _line(*lower, ends[1] - above)


def _line(name: str, dots: list[Dot | None], values: Sequence[float], label_y: float) -> Line:
    path = " ".join(
        f"{'L' if place and dots[place - 1] else 'M'}{dot.x} {dot.y}" for place, dot in enumerate(dots) if dot
    )
    known = [value for value in values if math.isfinite(value)]
    return Line(name, [dot for dot in dots if dot], path, round(label_y, 1), number(known[-1]) if known else "")


def _column(month: Month, months: list[Month], x: float, step: float) -> Column:
    shares = [other.positive_share for other in months if math.isfinite(other.positive_share)]
    share = month.positive_share if math.isfinite(month.positive_share) else 0.0
    height = round((_COLUMN_BOTTOM - _COLUMN_TOP) * share / (max(shares, default=0.0) or 1.0), 1)
    width = round(min(step * 0.5, _WIDEST), 1)
    return Column(
        x=x,
        month=month.label,
        champion=month.champion,
        words=percent(month.positive_share),
        left=round(x - width / 2, 1),
        top=_COLUMN_BOTTOM - height,
        width=width,
        height=height,
    )


def _course(name: str, months: list[Month], values: Sequence[float]) -> str:
    known = [(month.label, value) for month, value in zip(months, values, strict=True) if math.isfinite(value)]
    if not known:
        return f"{name}: not known."
    (began, first), (ended, last) = known[0], known[-1]
    return f"{name}: {number(first)} in {began}, {number(last)} in {ended}."
