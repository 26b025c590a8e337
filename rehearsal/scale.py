"""The scale of an axis: round bounds around values, and how its steps are written. For all plots."""

from __future__ import annotations

import math
from collections.abc import Sequence

_STEPS = 4


def scale(values: Sequence[float], from_zero: bool) -> tuple[float, float, list[float]]:
    """Round bounds around the values, and the steps between them."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low < 1e-12 * max(1.0, abs(high)):
        pad = abs(high) * 0.1 or 1.0
        low, high = (low, high + pad) if from_zero else (low - pad, high + pad)
    rough = (high - low) / _STEPS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return first * step, last * step, [tick * step for tick in range(first, last + 1)]


def short(value: float) -> str:
    """A step in as many digits as it needs."""
    if value and (abs(value) >= 1e6 or abs(value) < 1e-3):
        return f"{value:.2g}"
    return f"{round(value, 6):,.6g}"
