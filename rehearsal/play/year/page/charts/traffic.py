"""Each version's share of the endpoint's traffic as stacked steps over time; above them, when each was trained."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rehearsal.play.pages.formats import minute
from rehearsal.play.year.model import Traffic, Version, YearReport

WIDTH, HEIGHT = 860, 262
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 16, 50, 230
_COLOURS = 6
_LABEL_WIDTH, _LABEL_HEIGHT = 62, 18
_FLAG_WIDTH = 30
"""Pixels that words need: a version's inside its area, and a mark's above the chart."""


@dataclass(frozen=True)
class Area:
    """A version's share from one change of the traffic to the next."""

    x: float
    y: float
    width: float
    height: float
    version: str
    colour: int
    words: str


@dataclass(frozen=True)
class Flag:
    """A version was trained then; flags that would stand upon one another stand in two rows."""

    x: float
    row: int
    version: str
    outcome: str


@dataclass(frozen=True)
class TrafficChart:
    """All that is drawn, and the same in words."""

    areas: list[Area]
    borders: list[str]
    labels: list[tuple[float, float, str]]
    flags: list[Flag]
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    versions: list[str]
    left: int
    right: int
    top: int
    bottom: int
    width: int
    height: int
    words: str


@dataclass(frozen=True)
class _Span:
    """The time from left to right."""

    began: datetime
    ended: datetime

    def place(self, at: datetime) -> float:
        """Pixels from the left; what lies outside stands at the edge."""
        share = (at - self.began) / (self.ended - self.began)
        return round(_LEFT + min(max(share, 0.0), 1.0) * (WIDTH - _LEFT - _RIGHT), 1)


def draw(report: YearReport) -> TrafficChart | None:
    """The chart; None where there was no traffic."""
    if not report.traffic:
        return None
    traffic = sorted(report.traffic, key=lambda change: change.at)
    span = _span(report, traffic)
    versions = list(dict.fromkeys(version for change in traffic for version in change.percent))
    untils = [*(change.at for change in traffic[1:]), span.ended]
    areas = [
        area
        for change, until in zip(traffic, untils, strict=True)
        for area in _stack(change, versions, span.place(change.at), span.place(until))
    ]
    last = traffic[-1]
    return TrafficChart(
        areas=areas,
        borders=[_border(traffic, versions[:above], span) for above in range(1, len(versions))],
        labels=_labels(areas, versions),
        flags=_flags(report.versions, span),
        x_ticks=[(span.place(at), words) for at, words in _ticks(span)],
        y_ticks=[(_up(percent), f"{percent} %") for percent in (0, 50, 100)],
        versions=versions,
        left=_LEFT,
        right=WIDTH - _RIGHT,
        top=_TOP,
        bottom=_BOTTOM,
        width=WIDTH,
        height=HEIGHT,
        words=f"Traffic changed {len(traffic)} times; from {minute(last.at)} on: {_shares(last)}.",
    )


def _span(report: YearReport, traffic: Sequence[Traffic]) -> _Span:
    """From the first change to the end of what is known of the year; the last change stays visible."""
    began, last = traffic[0].at, traffic[-1].at
    known = [last, *(alert.at for alert in report.alerts), *(version.trained_at for version in report.versions)]
    known += [ended for month in report.months if (ended := _end_of(month.label, last))]
    ended = max(known)
    least = (last - began) * 0.03 or timedelta(days=1)
    return _Span(began, max(ended, last + least))


def _end_of(label: str, like: datetime) -> datetime | None:
    """When a month such as 2013-04 ended; None for a label that is not of that form."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", label):
        return None
    return _next_month(datetime.fromisoformat(f"{label}-01").replace(tzinfo=like.tzinfo))


def _next_month(at: datetime) -> datetime:
    return (at.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(day=1)


def _stack(change: Traffic, versions: Sequence[str], left: float, right: float) -> list[Area]:
    areas, below = [], 0
    for place, version in enumerate(versions):
        percent = change.percent.get(version, 0)
        if percent:
            top = _up(below + percent)
            words = f"version {version}: {percent} % from {minute(change.at)}"
            width, height = round(right - left, 1), round(_up(below) - top, 1)
            areas.append(Area(left, top, width, height, version, place % _COLOURS, words))
            below += percent
    return areas


def _border(traffic: Sequence[Traffic], below: Sequence[str], span: _Span) -> str:
    """The line between these versions and those above them: not everybody tells neighbours apart by colour."""
    tops = [_up(sum(change.percent.get(version, 0) for version in below)) for change in traffic]
    steps = " ".join(f"H{span.place(change.at)} V{top}" for change, top in zip(traffic, tops, strict=True))
    return f"M{_LEFT} {tops[0]} {steps} H{WIDTH - _RIGHT}"


def _up(percent: float) -> float:
    return round(_BOTTOM - percent / 100 * (_BOTTOM - _TOP), 1)


def _labels(areas: Sequence[Area], versions: Sequence[str]) -> list[tuple[float, float, str]]:
    """Each version's name in its widest area, if there is room; flags tell of the others."""
    labels = []
    for version in versions:
        room = [area for area in areas if area.version == version and area.height >= _LABEL_HEIGHT]
        widest = max(room, key=lambda area: area.width, default=None)
        if widest and widest.width >= _LABEL_WIDTH:
            middle = (widest.x + widest.width / 2, widest.y + widest.height / 2)
            labels.append((round(middle[0], 1), round(middle[1], 1), f"version {version}"))
    return labels


def _flags(versions: Sequence[Version], span: _Span) -> list[Flag]:
    flags: list[Flag] = []
    for version in sorted(versions, key=lambda version: version.trained_at):
        x = span.place(version.trained_at)
        near = bool(flags) and flags[-1].row == 0 and x - flags[-1].x < _FLAG_WIDTH
        flags.append(Flag(x, int(near), version.number, version.outcome))
    return flags


def _ticks(span: _Span) -> list[tuple[datetime, str]]:
    """The first days of months; both ends where fewer than two lie between them."""
    months = []
    at = _next_month(span.began - timedelta(microseconds=1))
    while at < span.ended:
        months.append((at, f"{at:%Y-%m}"))
        at = _next_month(at)
    both = [(at, f"{at:%Y-%m-%d}") for at in (span.began, span.ended)]
    return months if len(months) >= 2 else both


def _shares(change: Traffic) -> str:
    return ", ".join(f"version {version} {percent} %" for version, percent in change.percent.items() if percent)
