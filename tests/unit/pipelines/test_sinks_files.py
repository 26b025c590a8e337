"""Predictions as files: a run replaces the days of its window, whole, and no other."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from environments.settings import Column, Model, TableContract
from environments.sinks import FilesSink
from pipelines.sinks.files import write_days
from pipelines.sinks.newest import of_newest_days

SUNDAY, MONDAY, TUESDAY = datetime(2013, 3, 3, 12), datetime(2013, 3, 4, 12), datetime(2013, 3, 5, 10)
COLUMNS = {"flight_id": "string", "scheduled_departure": "timestamp", "probability_late": "double"}
SCHEMA = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())


@pytest.fixture
def daily(model: Model) -> Model:
    """A model that scores the last day."""
    columns = {name: Column.model_validate({"type": kind}) for name, kind in COLUMNS.items()}
    columns["flight_id"] = Column(type="string", nullable=False)
    contract = TableContract(
        comment="what is said", columns=columns, primary_key=["flight_id"], time_key="scheduled_departure"
    )
    batch = model.batch.model_copy(update={"window_days": 1})
    return model.model_copy(update={"batch": batch, "predictions": contract})


def predictions(spark: SparkSession, *rows: tuple[str, datetime, float]) -> DataFrame:
    return spark.createDataFrame(rows, SCHEMA)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_run_replaces_its_days_and_leaves_the_others(
    spark: SparkSession, daily: Model, tmp_path: Path, kind: str
) -> None:
    folder, sink = tmp_path / "predictions", FilesSink.model_validate({"volume": "exports", "format": kind})

    def written() -> dict[str, list[str]]:
        read = spark.read.schema(f"{SCHEMA}, day date").option("header", True).format(kind).load(str(folder))
        found = sorted(
            (row.flight_id, row.probability_late, row.day, row.scheduled_departure) for row in read.collect()
        )
        assert found == [
            ("a", 0.1, date(2013, 3, 3), SUNDAY),
            ("b", 0.8, date(2013, 3, 4), MONDAY),
            ("c", 0.3, date(2013, 3, 5), TUESDAY),
        ]
        return {day.name: [file.name for file in day.glob("part-*")] for day in folder.glob("day=*")}

    before = predictions(spark, ("a", SUNDAY, 0.1), ("b", MONDAY, 0.2), ("c", TUESDAY, 0.3))
    write_days(before, daily, sink, str(folder))
    after = predictions(spark, ("a", SUNDAY, 0.9), ("b", MONDAY, 0.8), ("c", TUESDAY, 0.3))
    files = []
    for _ in range(2):
        write_days(of_newest_days(after, daily), daily, sink, str(folder))
        files.append(written())
    assert [{day: len(names) for day, names in found.items()} for found in files] == [
        {"day=2013-03-03": 1, "day=2013-03-04": 1, "day=2013-03-05": 1}
    ] * 2
    assert files[0]["day=2013-03-03"] == files[1]["day=2013-03-03"]


def test_the_first_of_the_newest_days_is_whole(spark: SparkSession, daily: Model) -> None:
    early = datetime(2013, 3, 4, 1)  # more than a day before the newest
    rows = predictions(spark, ("a", SUNDAY, 0.1), ("b", early, 0.2), ("c", TUESDAY, 0.3))
    assert sorted(row.flight_id for row in of_newest_days(rows, daily).collect()) == ["b", "c"]
    assert of_newest_days(rows.where("false"), daily).collect() == []
