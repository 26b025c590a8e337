"""Features of flight_delay that are computed when they are needed; each becomes a Python function of Unity Catalog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def feels_like(temp: float | None, wind_speed: float | None) -> float | None:
    """The wind chill in °F of a temperature (°F) and a wind (mph): the formula of the US National Weather Service.

    https://www.weather.gov/safety/cold-wind-chill-chart: it holds from 3 mph up to 50 °F; else it is as it is.
    """
    if temp is None or wind_speed is None:
        return None
    if temp > 50 or wind_speed < 3:
        return temp
    wind: float = wind_speed**0.16
    return 35.74 + 0.6215 * temp - 35.75 * wind + 0.4275 * temp * wind


ON_DEMAND: dict[str, Callable[..., Any]] = {"feels_like": feels_like}
