"""Metrics of bike_demand's own: what it costs to bring as many bicycles as the model says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

MISSING, IDLE = 3.0, 1.0


def shortage_cost(labels: np.ndarray, scores: np.ndarray) -> float:
    """Mean cost of an hour, in idle bicycles: one that is missing costs as much as three that stand about."""
    gap = labels - scores
    return float(np.mean(np.where(gap > 0, MISSING * gap, -IDLE * gap)))


METRICS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {"shortage_cost": shortage_cost}
