"""The groups of `groups.py` as Spark has them, for custom metrics: each row once for every group that it belongs to."""

from __future__ import annotations

import re

from databricks.sdk.service.catalog import MonitorInfo
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rehearsal.workspace.monitoring.groups import ALL_MODELS, Group

KEYS = Group._fields
PREFIX = "__monitor_"  # of the columns that are added, so that none of the table's is hidden
_SECONDS = {"minutes": 60, "hour": 3600, "day": 86400, "week": 7 * 86400, "weeks": 7 * 86400}
_CALENDAR = {"month": "MONTH", "year": "YEAR"}
_MONDAY = 4 * 86400  # the first one after 1970-01-01


def key(name: str) -> str:
    """Name of the column that holds a part of the group."""
    return PREFIX + name


def exploded(frame: DataFrame, monitor: MonitorInfo, snapshot: Column | None, windowed: bool = True) -> DataFrame:
    """The rows, each once for every group that it belongs to, with the group in columns.

    Args:
        snapshot: time of a snapshot, which is its window.
        windowed: False for a baseline, whose rows are all of one time.
    """
    log, series = monitor.inference_log, monitor.time_series
    timed = log or series
    if timed and windowed:
        time = F.col(f"`{timed.timestamp_col}`").cast("timestamp")
        frame = frame.where(time.isNotNull())
        windows = [_window(granularity, time) for granularity in timed.granularities]
    else:
        at = snapshot if snapshot is not None else F.lit(None).cast("timestamp")
        windows = [_named(F.lit(None).cast("string"), at, at)]
    nothing = F.lit(None).cast("string")
    slices = [F.struct(nothing.alias("slice_key"), nothing.alias("slice_value"))]
    for expression in monitor.slicing_exprs or []:
        value = F.expr(expression).cast("string")
        slices.append(F.struct(F.lit(expression).alias("slice_key"), value.alias("slice_value")))
    models = [F.lit(ALL_MODELS) if log else nothing]
    if log and log.model_id_col in frame.columns:
        models.append(F.col(f"`{log.model_id_col}`").cast("string"))
    own = [F.col(f"`{name}`") for name in frame.columns]
    frame = frame.select(*own, F.explode(F.array(*windows)).alias(PREFIX + "w"), F.array(*slices).alias(PREFIX + "s"),
                         F.array(*models).alias(PREFIX + "m"))  # fmt: skip
    frame = frame.withColumn(PREFIX + "s", F.explode(PREFIX + "s")).withColumn(PREFIX + "m", F.explode(PREFIX + "m"))
    parts = [F.col(f"{PREFIX}w.{name}").alias(key(name)) for name in KEYS[:3]]
    parts += [F.col(f"{PREFIX}s.{name}").alias(key(name)) for name in KEYS[3:5]]
    return frame.select(*own, *parts, F.col(PREFIX + "m").alias(key("model_id")))


def _window(granularity: str, time: Column) -> Column:
    number, unit = re.fullmatch(r"(\d+) (\w+)", granularity).groups()  # type: ignore[union-attr]  # checked when made
    if unit in _CALENDAR:
        start = F.date_trunc(_CALENDAR[unit], time)
        return _named(F.lit(granularity), start, start + F.expr(f"INTERVAL {number} {unit}"))
    seconds = int(number) * _SECONDS[unit]
    offset = _MONDAY if unit.startswith("week") else 0
    since = F.unix_seconds(time) - F.lit(offset)
    start = F.floor(since / F.lit(seconds)) * F.lit(seconds) + F.lit(offset)
    return _named(F.lit(granularity), F.timestamp_seconds(start), F.timestamp_seconds(start + F.lit(seconds)))


def _named(granularity: Column, start: Column, end: Column) -> Column:
    return F.struct(granularity.alias("granularity"), start.alias("start"), end.alias("end"))
