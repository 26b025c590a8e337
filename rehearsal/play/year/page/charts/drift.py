"""Drift by feature and month as a heat map, what drifted most on top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rehearsal.play.pages.formats import number
from rehearsal.play.year.model import Drift

WIDTH = 860
_LEFT, _HEAD, _ROW, _GAP = 214, 26, 27, 2
# The usual reading of a population stability index.
SOME, MUCH = 0.1, 0.25


@dataclass(frozen=True)
class Cell:
    """A feature's drift in a month; `level` is `little`, `some` or `much`."""

    x: float
    y: float
    words: str
    what: str
    level: str


@dataclass(frozen=True)
class HeatMap:
    """All that is drawn, the same in words, and as a table: months, and by feature a value for each."""

    cells: list[Cell]
    features: list[tuple[float, str]]
    months: list[tuple[float, str]]
    rows: dict[str, list[float | None]]
    cell_width: float
    cell_height: int
    width: int
    height: int
    words: str


def draw(drift: Sequence[Drift]) -> HeatMap:
    """The heat map."""
    months = list(dict.fromkeys(one.month for one in drift))
    most: dict[str, float] = {}
    for one in drift:
        most[one.feature] = max(one.value, most.get(one.feature, one.value))
    features = sorted(most, key=lambda feature: -most[feature])
    step = (WIDTH - _LEFT) / max(1, len(months))
    across = {month: round(_LEFT + place * step, 1) for place, month in enumerate(months)}
    down = {feature: _HEAD + place * _ROW for place, feature in enumerate(features)}
    values = {(one.feature, one.month): one.value for one in drift}
    width = round(step - _GAP, 1)
    drifted = [feature for feature in features if most[feature] >= MUCH]
    return HeatMap(
        cells=[
            Cell(across[month], down[feature], f"{value:.3f}", f"{feature}, {month}: {number(value)}", _level(value))
            for (feature, month), value in values.items()
        ],
        features=[(y + _ROW / 2, feature) for feature, y in down.items()],
        months=[(round(x + width / 2, 1), month) for month, x in across.items()],
        rows={feature: [values.get((feature, month)) for month in months] for feature in features},
        cell_width=width,
        cell_height=_ROW - _GAP,
        width=WIDTH,
        height=_HEAD + len(features) * _ROW,
        words=f"Features at {MUCH} or more in some month: {', '.join(drifted) or 'none'}.",
    )


def _level(value: float) -> str:
    return "much" if value >= MUCH else "some" if value >= SOME else "little"
