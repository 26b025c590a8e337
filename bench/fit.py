"""A straight line through measurements: what is paid once, and what for each one more."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.measure import Measurement


@dataclass(frozen=True)
class Fit:
    """`seconds = once + each × size`; `r_squared` is 1 when the line tells all of the growth."""

    once: float
    each: float
    r_squared: float
    steps: tuple[float, ...]
    """Seconds for each one more, from one size to the next: alike when growth is linear."""


def fit(measurements: Sequence[Measurement], seconds_of: Callable[[Measurement], float]) -> Fit:
    """Through the seconds that the function tells of each size; two sizes at least."""
    points = sorted((m.size, seconds_of(m)) for m in measurements if m.size is not None)
    sizes, seconds = [float(size) for size, _ in points], [value for _, value in points]
    line = statistics.linear_regression(sizes, seconds)
    steps = tuple((later[1] - earlier[1]) / (later[0] - earlier[0]) for earlier, later in pairwise(points))
    return Fit(line.intercept, line.slope, statistics.correlation(sizes, seconds) ** 2, steps)
