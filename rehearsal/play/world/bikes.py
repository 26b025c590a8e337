"""The feed of bicycles: hourly rentals and weather of 2011 in Washington (Bikeshare, of the package ISLP)."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.play.world import data_sets

HOUR = ["season", "mnth", "day", "hr"]
COLUMNS = {
    "rides": [*HOUR, "holiday", "weekday", "workingday", "casual", "registered", "bikers"],
    "weather": [*HOUR, "weathersit", "temp", "atemp", "hum", "windspeed"],
}


def files(months: range) -> Iterator[tuple[str, bytes]]:
    """Rides and weather by month: as they come of two systems, so they are two files."""
    frame = data_sets.read("ISLP", "Bikeshare.csv")
    names = frame["mnth"].unique()  # the data set's own names of the months, in the year's order
    for name, columns in COLUMNS.items():
        for month in months:
            content = data_sets.csv(frame.loc[frame["mnth"] == names[month - 1], columns])
            yield f"{name}/{name}-2011-{month:02}.csv", content
