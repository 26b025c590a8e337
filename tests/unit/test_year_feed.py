"""The year's months and the files that arrive in them: what is sent, held back and spoilt is counted."""

from __future__ import annotations

import io
from datetime import date

import pandas as pd
import pytest

from rehearsal.play.world import flights
from rehearsal.play.year import feed, plan
from rehearsal.play.year.plan import Fault, Month


def read(file: feed.File) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(file.content), dtype=str, keep_default_na=False)


def files(month: Month) -> dict[str, feed.File]:
    arriving, held_back = feed.delivered(month, [])
    return {file.path.rpartition("/")[2]: file for file in [*arriving, *held_back]}


def test_every_fault_befalls_the_year_once_whether_it_is_long_or_short() -> None:
    for faults in (plan.FULL, plan.SHORT):
        assert sorted(fault for month in plan.months(faults) for fault in month.faults) == sorted(Fault)


@pytest.mark.parametrize(
    ("number", "day"), [(4, date(2013, 5, 7)), (6, date(2013, 7, 2)), (9, date(2013, 10, 7)), (12, date(2014, 1, 6))]
)
def test_a_months_files_are_worked_on_on_a_tuesday_or_twice_a_year_on_a_monday(number: int, day: date) -> None:
    month = Month(number, ())
    assert month.looked_at == day
    assert month.asked_at.date() < day and month.at(2).date() == day


def test_each_flight_of_a_month_is_in_the_file_of_its_day() -> None:
    found = files(Month(4, ()))
    days = {name: file for name, file in found.items() if name.startswith("flights-")}
    assert len(days) == 30
    assert sum(file.rows for file in days.values()) == 28330
    assert all(len(read(file)) == file.rows for file in found.values())
    assert set(read(days["flights-2013-04-07.csv"])["day"]) == {"7"}


def test_what_is_missing_never_comes_and_what_is_late_comes_with_the_next_month() -> None:
    missing, late = (feed.day_file(Month(5, ()).day_of(fault)) for fault in (Fault.MISSING, Fault.LATE))
    assert missing not in files(Month(5, (Fault.MISSING,)))
    arriving, held_back = feed.delivered(Month(5, (Fault.LATE,)), [])
    assert [file.path for file in held_back] == [f"flights/{late}"]
    assert held_back[0] not in arriving
    assert held_back[0] in feed.delivered(Month(6, ()), held_back)[0]


def test_a_doubled_file_has_the_same_rows_under_another_name() -> None:
    found, day = files(Month(5, (Fault.DOUBLED,))), Month(5, ()).day_of(Fault.DOUBLED)
    once, again = found[feed.day_file(day)], found[feed.day_file(day, again=True)]
    assert once.content == again.content
    assert (once.repeated_rows, again.repeated_rows) == (0, again.rows)


def test_new_columns_and_corrupt_rows_are_in_the_file_of_their_day_alone() -> None:
    both = Month(5, (Fault.NEW_COLUMN, Fault.CORRUPT))
    found = files(both)
    new, corrupt = (feed.day_file(both.day_of(fault)) for fault in (Fault.NEW_COLUMN, Fault.CORRUPT))
    for name, file in found.items():
        if name.startswith("flights-"):
            rows = read(file)
            assert ("gate" in rows.columns) == (name == new)
            assert (rows["origin"] == feed.CORRUPT_AIRPORT).sum() == file.bad_rows == (7 if name == corrupt else 0)


def test_the_history_counts_the_row_that_the_data_set_itself_has_wrong() -> None:
    bad = {file.path: file.bad_rows for file in feed.history(plan.HISTORY) if file.bad_rows}
    assert bad == {"weather/weather-2013-02.csv": 1}


def test_people_ask_about_flights_of_the_very_day() -> None:
    asked = [flight for board in flights.boards_of(date(2013, 5, 28)) for flight in board]
    planned = list(flights.planned_on(date(2013, 5, 28)))
    assert {flight["flight_id"] for flight in asked} == {flight["flight_id"] for flight in planned}
    assert len(asked) == len(planned) > 900
    assert {(flight["month"], flight["day_of_week"]) for flight in asked} == {(5, 3)}
