"""Joining features to rows: by key, or by key as of a time. Rows are kept as they are; what is not found is null."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

FOUND, TIME, IS_ROW, ROW = "_found", "_time", "_is_row", "_row"


def join_latest(rows: DataFrame, features: DataFrame, keys: Mapping[str, str], columns: Mapping[str, str]) -> DataFrame:
    """Left join. `keys`: column of rows → key of features; `columns`: feature → its name in the result."""
    picked = features.select(
        *[F.col(key).alias(f"_key_{key}") for key in keys.values()],
        *[F.col(column).alias(f"_feature_{column}") for column in columns],
    )
    on = [F.col(own) == F.col(f"_key_{key}") for own, key in keys.items()]
    joined = rows.join(picked, on, "left")
    return joined.select(*rows.columns, *[F.col(f"_feature_{column}").alias(name) for column, name in columns.items()])


def join_as_of(
    rows: DataFrame,
    features: DataFrame,
    keys: Mapping[str, str],
    columns: Mapping[str, str],
    time: str,
    feature_time: str,
    lookback: datetime.timedelta | None = None,
) -> DataFrame:
    """Like `join_latest`, with the newest feature row of each key that is not after the row's `time`.

    One union and one window per table instead of a range join: each key's rows and features are sorted by time once,
    and each row takes the last feature row before it. A feature row of the same instant sorts first, so it is seen.
    """
    own, theirs = list(keys), list(keys.values())
    as_rows = rows.select(
        *[F.col(name).alias(f"_key_{number}") for number, name in enumerate(own)],
        F.col(time).alias(TIME),
        F.lit(1).alias(IS_ROW),
        F.struct(*rows.columns).alias(ROW),
    )
    as_features = features.select(
        *[F.col(name).alias(f"_key_{number}") for number, name in enumerate(theirs)],
        F.col(feature_time).alias(TIME),
        F.lit(0).alias(IS_ROW),
        F.struct(F.col(feature_time).alias(TIME), *columns).alias(FOUND),
    )
    by_key: Sequence[str] = [f"_key_{number}" for number in range(len(own))]
    window = Window.partitionBy(*by_key).orderBy(TIME, IS_ROW).rowsBetween(Window.unboundedPreceding, 0)
    joined = (
        as_rows.unionByName(as_features, allowMissingColumns=True)
        .withColumn(FOUND, F.last(FOUND, ignorenulls=True).over(window))
        .where(f"{IS_ROW} = 1")
    )
    seen = F.lit(True)
    if lookback is not None:
        seen = F.unix_micros(TIME) - F.unix_micros(f"{FOUND}.{TIME}") <= lookback // datetime.timedelta(microseconds=1)
    return joined.select(
        f"{ROW}.*", *[F.when(seen, F.col(f"{FOUND}.{column}")).alias(name) for column, name in columns.items()]
    )
