"""The stand-in's point-in-time join: newest value not after the row, ties included, rows kept."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pyspark.sql import SparkSession

pytestmark = pytest.mark.usefixtures("feature_engineering")
NOON = datetime(2013, 1, 1, 12)


def hours(number: float) -> datetime:
    return NOON + timedelta(hours=number)


def as_of(spark: SparkSession, lookback: timedelta | None = None) -> list[tuple[int, float | None]]:
    from databricks.feature_engineering.point_in_time import join_as_of

    rows = spark.createDataFrame(
        [(1, "a", hours(0)), (2, "a", hours(2)), (3, "a", hours(2)), (4, "b", hours(2)), (5, None, hours(9)),
         (6, "a", hours(9))],
        "id int, k string, t timestamp",
    )  # fmt: skip
    features = spark.createDataFrame(
        [("a", hours(1), 1.0), ("a", hours(2), 2.0), ("a", hours(2.5), 3.0)], "key string, at timestamp, v double"
    )
    joined = join_as_of(rows, features, {"k": "key"}, {"v": "value"}, "t", "at", lookback)
    assert joined.columns == ["id", "k", "t", "value"]
    return [(row.id, row.value) for row in joined.orderBy("id").collect()]


def test_newest_value_not_after_the_row_and_null_when_there_is_none(spark: SparkSession) -> None:
    assert as_of(spark) == [(1, None), (2, 2.0), (3, 2.0), (4, None), (5, None), (6, 3.0)]


def test_lookback_forgets_what_is_too_old(spark: SparkSession) -> None:
    assert as_of(spark, timedelta(hours=1)) == [(1, None), (2, 2.0), (3, 2.0), (4, None), (5, None), (6, None)]


def test_join_by_key_keeps_every_row(spark: SparkSession) -> None:
    from databricks.feature_engineering.point_in_time import join_latest

    rows = spark.createDataFrame([(1, "a"), (2, "b"), (3, None)], "id int, k string")
    features = spark.createDataFrame([("a", 7.0)], "k string, v double")
    joined = join_latest(rows, features, {"k": "k"}, {"v": "v"})
    assert {(row.id, row.v) for row in joined.collect()} == {(1, 7.0), (2, None), (3, None)}
