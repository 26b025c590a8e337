"""Feature tables know nothing that was not known yet."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from environments.settings import Model
from pipelines.models.flight_delay import FEATURES, labelled, observations

SCHEMA = (
    "carrier string, origin string, dest string, scheduled_departure timestamp, "
    "dep_delay double, arr_delay double, air_time double"
)
START = datetime(2013, 3, 1, 12)


def flights(spark: SparkSession, *rows: tuple[datetime, float | None], dest: str = "IAH") -> DataFrame:
    """Flights of one route, leaving when told and arriving as late as told."""
    return spark.createDataFrame(
        [("UA", "EWR", dest, leaves, delay, delay, 120.0) for leaves, delay in rows], schema=SCHEMA
    )


def route_rows(frame: DataFrame) -> dict[datetime, tuple[float | None, float | None, float]]:
    rows = FEATURES["route_features"](lambda _: frame).where("dest = 'IAH'").collect()
    return {row.available_at: (row.route_late_rate, row.route_mean_delay, row.route_flights) for row in rows}


def test_route_statistics_of_the_fourteen_days_before(spark: SparkSession) -> None:
    frame = flights(spark, (START, 30.0), (START + timedelta(days=1), 0.0), (START, None))
    assert max(route_rows(frame)) == datetime(2013, 3, 3)  # online, nothing is looked up that lies ahead
    found = route_rows(frame.union(flights(spark, (START + timedelta(days=30), 0.0), dest="MIA")))
    assert found[datetime(2013, 3, 2)] == (1.0, 30.0, 1.0)
    assert found[datetime(2013, 3, 3)] == (0.5, 15.0, 2.0)
    assert found[datetime(2013, 3, 16)] == (0.0, 0.0, 1.0)
    assert found[datetime(2013, 3, 17)] == (None, None, 0.0)
    assert datetime(2013, 3, 1) not in found


def test_a_flight_counts_from_the_day_after_it_landed(spark: SparkSession) -> None:
    found = route_rows(flights(spark, (datetime(2013, 3, 1, 23), 30.0)))
    assert min(found) == datetime(2013, 3, 3)


def test_changing_the_future_changes_nothing_known_before(spark: SparkSession) -> None:
    past = [(START + timedelta(days=day), float(day * 7 % 40)) for day in range(20)]
    cut = datetime(2013, 3, 12)
    altered = [(leaves, delay if leaves < cut - timedelta(days=1) else 500.0) for leaves, delay in past]
    before, after = route_rows(flights(spark, *past)), route_rows(flights(spark, *reversed(altered)))
    known = {moment for moment in before if moment < cut}
    assert known
    assert {moment: before[moment] for moment in known} == {moment: after[moment] for moment in known}


def test_weather_is_known_an_hour_after_it_was_observed(spark: SparkSession, model: Model) -> None:
    columns = ["temp", "wind_speed", "precip", "visib", "pressure", "humid"]
    seen = spark.createDataFrame([("EWR", START)], "origin string, observed_at timestamp").withColumns(
        {name: F.lit(1.0) for name in columns}
    )
    frame = FEATURES["weather_features"](lambda _: seen)
    assert frame.columns == list(model.feature_tables["weather_features"].columns)
    assert frame.collect()[0].available_at == START + timedelta(hours=1)


@pytest.mark.parametrize(("delay", "late"), [(15.0, 1), (14.9, 0), (-3.0, 0)])
def test_label_and_what_the_schedule_says(spark: SparkSession, delay: float, late: int) -> None:
    frame = flights(spark, (datetime(2013, 7, 2, 1), delay), (START, None))
    (row,) = labelled(observations(frame)).collect()
    # one o'clock UTC on Tuesday is nine in the evening of Monday in New York
    assert (row.late, row.sched_dep_hour, row.day_of_week, row.month) == (late, 21, 2, 7)
