"""bike_demand's own code, on the real rows of its data set: hours, types, and features that know nothing too early."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from environments.settings import Model, load_model
from pipelines.ingestion.conform import conform, newest_per_key
from pipelines.ingestion.files import FILE, MALFORMED, MODIFIED, ROW, read_files
from pipelines.ingestion.tally import tallies
from pipelines.models.bike_demand import FEATURES, METRICS, ON_DEMAND, RAW_COLUMNS, bronze, labelled, observations
from pipelines.models.bike_demand import predictions as predictions_of
from rehearsal.play.world import bikes

HOURS = 8645  # of the 8,760 of 2011; in the others nothing was rented, or one did not exist
CUT = datetime(2011, 7, 1)


@pytest.fixture
def model() -> Model:
    return load_model("bike_demand")


@pytest.fixture(scope="module")
def tables(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, DataFrame]]:
    """The bronze tables of the whole year, read from the feed's files as ingestion does."""
    folder, contracts = tmp_path_factory.mktemp("landing"), load_model("bike_demand").sources.tables
    landed: dict[str, list[str]] = {name: [] for name in contracts}
    for path, content in bikes.files(range(1, 13)):
        file = folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
        landed[file.parent.name].append(str(file))
    found = {}
    for name, contract in contracts.items():
        columns = RAW_COLUMNS[name]
        header = tuple(Path(landed[name][0]).read_text().partition("\n")[0].split(","))
        raw = bronze(name, read_files(spark, {header: landed[name]}, columns))
        conformed = conform(raw.select(*contract.columns, FILE, MODIFIED, ROW, MALFORMED), contract)
        of_files = tallies(conformed, contract, 1.0, "").values()
        assert sum(tally.landed for tally in of_files) == sum(tally.ingested for tally in of_files) == HOURS
        found[name] = newest_per_key(conformed, contract).cache()
    yield found
    for frame in found.values():
        frame.unpersist()


def test_every_hour_of_the_data_set_is_a_row_of_each_table(tables: dict[str, DataFrame]) -> None:
    rides, weather = tables["rides"], tables["weather"]
    assert rides.count() == weather.count() == HOURS
    assert rides.join(weather, rides.hour_start == weather.observed_at, "anti").count() == 0
    sums = rides.agg(F.min("hour_start"), F.max("hour_start"), F.sum("bikers"), F.sum("registered") + F.sum("casual"))
    assert tuple(sums.collect()[0]) == (datetime(2011, 1, 1), datetime(2011, 12, 31, 23), 1243103, 1243103)
    assert rides.where("hour_of_day != hour(hour_start) OR weekday != dayofweek(hour_start) - 1").count() == 0


def test_a_row_says_what_its_line_says(tables: dict[str, DataFrame]) -> None:
    (first,) = tables["rides"].where("hour_id = 'washington-20110101T05'").drop("hour_start").collect()
    assert first.asDict() == {
        **{"hour_id": "washington-20110101T05", "city": "washington", "hour_of_day": 5, "weekday": 6},
        **{"workingday": 0, "holiday": 0, "casual": 0, "registered": 1, "bikers": 1},
    }
    (weather,) = tables["weather"].where("observed_at = '2011-01-01 05:00'").drop("city", "observed_at").collect()
    assert tuple(weather) == ("cloudy/misty", 0.24, 0.2576, 0.75, 0.0896)


@pytest.mark.parametrize(("day", "hour"), [("366", "0"), ("0", "0"), ("1", "24"), ("NA", "1"), ("1", None)])
def test_a_line_without_an_hour_of_the_year_has_no_key(spark: SparkSession, day: str, hour: str | None) -> None:
    raw = spark.createDataFrame([(day, hour)], "day string, hr string")
    row = bronze("rides", raw).collect()[0]
    assert (row.hour_id, row.hour_start) == (None, None)


def test_feature_tables_have_the_columns_and_keys_of_their_contracts(
    tables: dict[str, DataFrame], model: Model
) -> None:
    for name, contract in model.feature_tables.items():
        frame = FEATURES[name](tables.__getitem__)
        assert dict(frame.dtypes) == {name: column.type for name, column in contract.columns.items()}
        assert frame.count() == frame.dropDuplicates(contract.primary_key).dropna(subset=contract.primary_key).count()


def test_recent_demand_is_the_mean_of_the_same_hour_of_such_days_before(spark: SparkSession) -> None:
    monday, noon = datetime(2011, 3, 7), timedelta(hours=12)
    schema = "hour_of_day bigint, workingday bigint, hour_start timestamp, bikers int"
    rides = spark.createDataFrame(
        [(12, 1, monday + noon, 10), (12, 1, monday + timedelta(days=1) + noon, 30), (12, 1, monday - noon, None),
         (12, 0, monday - timedelta(days=1) + noon, 70), (13, 1, monday + noon, 90)],
        schema,
    )  # fmt: skip

    def demand(rides: DataFrame) -> dict[int, tuple[float | None, float | None]]:
        rows = FEATURES["recent_demand"](lambda _: rides).where("hour_of_day = 12 AND workingday = 1").collect()
        return {(row.available_at - monday).days: (row.demand_7_days, row.demand_28_days) for row in rows}

    planned = [(12, 1, monday + timedelta(days=3) + noon, None)]
    assert max(demand(rides.union(spark.createDataFrame(planned, schema)))) == 2  # online, the latest row counts
    found = demand(rides.union(spark.createDataFrame([(13, 1, monday + timedelta(days=60), 10)], schema)))
    assert found[1] == (10.0, 10.0) and found[2] == (20.0, 20.0)
    assert found[8] == (30.0, 20.0) and found[9] == (None, 20.0)
    assert found[29] == (None, 30.0) and found[30] == (None, None)
    assert (min(found), max(found)) == (1, 30)


@pytest.mark.parametrize("table", ["recent_demand", "hour_weather"])
def test_changing_the_future_changes_nothing_known_before(tables: dict[str, DataFrame], table: str) -> None:
    def altered(name: str) -> DataFrame:
        time = "hour_start" if name == "rides" else "observed_at"
        late = F.col(time) >= F.lit(CUT)
        changed = {"bikers": F.lit(9999)} if name == "rides" else {"temp": F.lit(9.0), "weathersit": F.lit("hail")}
        frame = tables[name]
        return frame.withColumns({key: F.when(late, value).otherwise(F.col(key)) for key, value in changed.items()})

    known = F.col("available_at") <= F.lit(CUT)
    before, after = (FEATURES[table](read) for read in (tables.__getitem__, altered))
    assert before.where(known).count() > 1000
    assert before.where(known).exceptAll(after.where(known)).count() == 0
    assert before.where(~known).exceptAll(after.where(~known)).count() > 0


def test_no_hour_looks_up_its_own_rentals(tables: dict[str, DataFrame]) -> None:
    """An hour of a number that no other has: were its own row counted, the newest value known at its start said so."""
    start = F.lit(datetime(2011, 5, 4, 8))
    only = tables["rides"].withColumn("bikers", F.when(F.col("hour_start") == start, 10**6).otherwise(0))
    rows = FEATURES["recent_demand"](lambda _: only).where("hour_of_day = 8 AND workingday = 1")
    seen = rows.where("demand_28_days > 0").agg(F.min("available_at")).collect()[0][0]
    assert seen == datetime(2011, 5, 5)


def test_the_label_is_what_was_rented_and_only_where_that_is_known(tables: dict[str, DataFrame]) -> None:
    running = tables["rides"].withColumn("bikers", F.when(F.col("hour_start") < F.lit(CUT), F.col("bikers")))
    rows = labelled(observations(running))
    assert dict(rows.dtypes)["bikers"] == "double"
    assert rows.count() == tables["rides"].where(F.col("hour_start") < F.lit(CUT)).count()


def test_nobody_predicts_less_than_no_bicycle(spark: SparkSession, model: Model) -> None:
    scored = spark.createDataFrame(
        [("a", CUT, -3.5), ("b", CUT, 7.25)], "hour_id string, hour_start timestamp, prediction double"
    )
    rows = predictions_of(scored)
    assert {"hour_id", "hour_start", "predicted_bikers"} <= set(rows.columns)
    assert {row.hour_id: row.predicted_bikers for row in rows.collect()} == {"a": 0.0, "b": 7.25}


def test_functions_and_metrics_are_those_that_the_settings_name(model: Model) -> None:
    assert ON_DEMAND.keys() == model.on_demand_features.keys()
    assert METRICS.keys() == model.metrics.keys()
    for name, feature in model.on_demand_features.items():
        assert ON_DEMAND[name].__annotations__.keys() == {*feature.inputs, "return"}


@pytest.mark.parametrize(("hour", "workingday", "said"), [(8, 1, 1), (9, 1, 0), (16, 1, 1), (20, 1, 0), (8, 0, 0)])
def test_rush_hours_are_of_working_days(hour: int, workingday: int, said: int) -> None:
    assert ON_DEMAND["rush_hour"](hour, workingday) == said


def test_mugginess_is_unknown_where_one_of_its_parts_is() -> None:
    assert ON_DEMAND["mugginess"](0.8, 0.5) == pytest.approx(0.4)
    assert ON_DEMAND["mugginess"](None, 0.5) is None and ON_DEMAND["mugginess"](0.8, None) is None


def test_a_missing_bicycle_costs_as_much_as_three_idle_ones() -> None:
    cost = METRICS["shortage_cost"]
    assert cost(np.array([10.0, 10.0]), np.array([10.0, 10.0])) == 0
    assert cost(np.array([10.0]), np.array([8.0])) == 6 and cost(np.array([10.0]), np.array([12.0])) == 2
