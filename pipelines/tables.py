"""Reading and writing tables: the session, MERGE by key, a table's Delta version."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import pandas as pd
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from pipelines.at_once import at_once
from pipelines.conflicts import despite_conflicts


def session() -> SparkSession:
    """The task's Spark session. Days and hours are UTC, whatever the compute's own time zone."""
    from databricks.sdk.runtime import spark

    spark.conf.set("spark.sql.session.timeZone", "UTC")
    return spark


@dataclass(frozen=True)
class Merged:
    """What a MERGE did, in rows."""

    inserted: int
    updated: int
    deleted: int

    def __str__(self) -> str:
        return f"{self.inserted} rows added, {self.updated} changed, {self.deleted} deleted"


def merge(
    spark: SparkSession,
    table: str,
    rows: DataFrame,
    keys: Sequence[str],
    compare: Sequence[str] | None = None,
    whole: bool | tuple[str, Sequence[str]] = False,
) -> Merged:
    """Upsert `rows` into `table` by `keys`, so that a repeated write changes nothing.

    A row whose `compare` columns (default: all but the keys) are as they were is not written again. `whole` says that
    `rows` are all there are, and the table's other rows are deleted; of the whole table, or of a column's values.
    """
    names = rows.columns
    compared = [name for name in (compare or names) if name not in keys]
    view = f"merge_{uuid.uuid4().hex}"
    on = " AND ".join(f"target.`{key}` = source.`{key}`" for key in keys)
    same = " AND ".join(f"target.`{name}` <=> source.`{name}`" for name in compared) or "true"
    assignments = ", ".join(f"target.`{name}` = source.`{name}`" for name in names)
    columns = ", ".join(f"`{name}`" for name in names)
    inserted = ", ".join(f"source.`{name}`" for name in names)
    column, values = whole if isinstance(whole, tuple) else ("", ())
    held = {f"held_{index}": value for index, value in enumerate(values)}
    others = f" AND target.`{column}` IN ({', '.join(f':{name}' for name in held)})" if held else ""
    delete = f"WHEN NOT MATCHED BY SOURCE{others} THEN DELETE" if held or whole is True else ""
    statement = (
        f"MERGE INTO {table} AS target USING {view} AS source ON {on} "
        f"WHEN MATCHED AND NOT ({same}) THEN UPDATE SET {assignments} "
        f"WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({inserted}) {delete}"
    )
    rows.createOrReplaceTempView(view)
    try:
        (done,) = despite_conflicts(lambda: spark.sql(statement, args=held or None).collect())
    finally:
        spark.catalog.dropTempView(view)
    return Merged(done["num_inserted_rows"], done["num_updated_rows"], done["num_deleted_rows"])


def to_pandas(rows: DataFrame) -> pd.DataFrame:
    """All rows in memory, as they are and nothing more.

    Spark Connect attaches its query's metrics, which pandas copies deeply with every column that is taken from the
    frame: that was most of the time that scoring single rows took.
    """
    frame: pd.DataFrame = rows.toPandas()
    frame.attrs = {}
    return frame


def instant(moment: datetime) -> Column:
    """A moment, which has a zone, as a timestamp: to the microsecond, whatever the session's time zone."""
    seconds = int(moment.replace(microsecond=0).timestamp())
    return F.timestamp_micros(F.lit(seconds * 1_000_000 + moment.microsecond))


def hour(moment: datetime) -> datetime:
    """The hour in which a moment lies: Spark compiles moments into a query's code, and the same ones but once."""
    return moment.replace(minute=0, second=0, microsecond=0)


def delta_version(spark: SparkSession, table: str) -> int:
    """The newest Delta version of `table`."""
    return int(newest_commit(spark, table)["version"])


def delta_versions(spark: SparkSession, tables: Sequence[str]) -> dict[str, int]:
    """The newest Delta version of each table; they are asked for at the same time."""
    return dict(zip(tables, at_once(partial(delta_version, spark), tables), strict=True))


def newest_commit(spark: SparkSession, table: str) -> Row:
    """The newest entry of a table's history."""
    return spark.sql(f"DESCRIBE HISTORY {table} LIMIT 1").collect()[0]


def read_version(spark: SparkSession, table: str, version: int) -> DataFrame:
    """`table` as it was at a Delta version."""
    return spark.sql(f"SELECT * FROM {table} VERSION AS OF {int(version)}")
