"""Features of bike_demand that are computed when they are needed; each becomes a Python function of Unity Catalog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def rush_hour(hour_of_day: int, workingday: int) -> int:
    """Is it a working day's hour in which people ride to work (7 to 9) or home (16 to 20): 1, or 0."""
    return int(workingday == 1 and (7 <= hour_of_day < 9 or 16 <= hour_of_day < 20))


def mugginess(temp: float | None, humidity: float | None) -> float | None:
    """Temperature times humidity, both from 0 to 1: warm and dry is pleasant, warm and damp is not."""
    if temp is None or humidity is None:
        return None
    return temp * humidity


ON_DEMAND: dict[str, Callable[..., Any]] = {"rush_hour": rush_hour, "mugginess": mugginess}
