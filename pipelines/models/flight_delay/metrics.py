"""Metrics of flight_delay's own: what acting on the model costs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipelines.models.flight_delay.observations import DECISION

MISSED, FALSE_ALARM = 5.0, 1.0


def alarm_cost(labels: np.ndarray, scores: np.ndarray) -> float:
    """Mean cost of a flight: a delay that nobody was warned of costs five times a warning for nothing."""
    warned, late = scores >= DECISION, labels == 1
    return float(np.mean(MISSED * (late & ~warned) + FALSE_ALARM * (warned & ~late)))


METRICS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {"alarm_cost": alarm_cost}
