"""Metrics that people define in SQL, computed by Spark in the session of the monitor's owner.

Aggregates are of the table's rows, derived ones of a group's other metrics, drift of two groups' metrics.
https://learn.microsoft.com/azure/databricks/lakehouse-monitoring/custom-metrics
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from databricks.sdk.service.catalog import MonitorInfo, MonitorMetric
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.monitoring import exploded, metric_tables
from rehearsal.workspace.monitoring.custom_definitions import (
    AGGREGATE,
    BASE,
    CURRENT,
    DERIVED,
    DRIFT,
    of_type,
    quoted,
    rendered,
)
from rehearsal.workspace.monitoring.drift import BASELINE, Pair
from rehearsal.workspace.monitoring.groups import Group
from rehearsal.workspace.monitoring.profile import Measured, Metrics

_ROW = "__row"


def add_aggregates(
    spark: SparkSession, monitor: MonitorInfo, table: str, measured: Measured, snapshot: datetime | None, windowed: bool
) -> None:
    """Put aggregate metrics into what was measured. Raises DatabricksError 400 that names the metric.

    Args:
        snapshot: the time of a snapshot, which is its window.
        windowed: False for a baseline, whose rows are all of one time.
    """
    metrics = of_type(monitor, AGGREGATE)
    if not metrics or not measured:
        return
    at = F.lit(snapshot.replace(tzinfo=None).isoformat(sep=" ")).cast("timestamp") if snapshot else None
    frame = _within(spark.table(table), monitor, measured) if windowed else spark.table(table)
    frame = exploded.exploded(frame, monitor, at, windowed)
    keys = [exploded.key(name) for name in exploded.KEYS]
    wanted = [(metric, column) for metric in metrics for column in metric.input_columns]
    expressions = [
        _checked(frame.groupBy(), metric, rendered(metric, column, monitor)).alias(f"m{place}")
        for place, (metric, column) in enumerate(wanted)
    ]
    for row in frame.groupBy(*keys).agg(*expressions).collect():
        start, end = (_utc(row[exploded.key(name)]) for name in ("start", "end"))
        granularity, *_, key, value, model = (row[name] for name in keys)
        group = measured.get(Group(granularity, start, end, key, value, model))
        if group is not None:  # of many slices, the most frequent are measured
            for place, (metric, column) in enumerate(wanted):
                group.setdefault(column, {})[metric.name] = row[f"m{place}"]


def add_derived(spark: SparkSession, monitor: MonitorInfo, measured: Measured) -> None:
    """Put derived metrics into what was measured, from its other metrics. Raises DatabricksError 400."""
    for metric in of_type(monitor, DERIVED):  # in their order: a later one may be derived from an earlier one
        for column in metric.input_columns:
            rows = [columns[column] for columns in measured.values() if column in columns]
            frame = _frame(spark, [{name: row.get(name) for name in _scalars(monitor)} for row in rows], monitor)
            for row, value in zip(rows, _values(frame, metric, rendered(metric, column, monitor)), strict=True):
                row[metric.name] = value


def drifts(
    spark: SparkSession, monitor: MonitorInfo, pairs: Sequence[Pair], measured: Measured, baseline: Measured
) -> dict[tuple[Pair, str], Metrics]:
    """Drift metrics by pair of groups and column. Raises DatabricksError 400 that names the metric."""
    found: dict[tuple[Pair, str], Metrics] = {}
    scalars = _scalars(monitor)
    for metric in of_type(monitor, DRIFT):
        for column in metric.input_columns:
            places, rows = [], []
            for pair in pairs:
                current = measured[pair.group].get(column)
                before = (baseline if pair.kind == BASELINE else measured)[pair.other].get(column)
                if current is not None and before is not None:
                    places.append((pair, column))
                    both = ((CURRENT, current), (BASE, before))
                    rows.append({side: {name: of.get(name) for name in scalars} for side, of in both})
            kind = pa.struct(list(scalars.values()))
            frame = _frame(spark, rows, monitor, pa.schema([(CURRENT, kind), (BASE, kind)]))
            for place, value in zip(places, _values(frame, metric, rendered(metric, column, monitor)), strict=True):
                found.setdefault(place, {})[metric.name] = value
    return found


def _values(frame: DataFrame, metric: MonitorMetric, text: str) -> list[Any]:
    """The expression's value for each row, in order."""
    column = _checked(frame, metric, text)
    return [row[1] for row in sorted(frame.select(_ROW, column).collect(), key=lambda row: row[0])]


def _checked(frame: Any, metric: MonitorMetric, text: str) -> Column:
    """The metric as a column, in its output type, once Spark has understood it. Raises DatabricksError 400."""
    kind = T.StructField.fromJson(
        {"name": metric.name, "nullable": True, "metadata": {}, **json.loads(metric.output_data_type)}
    ).dataType
    column = F.expr(text).cast(kind)
    try:
        _ = (frame.select(column) if isinstance(frame, DataFrame) else frame.agg(column)).schema
    except PySparkException as error:
        raise _refused(metric, error) from error
    return column


def _refused(metric: MonitorMetric, error: PySparkException) -> DatabricksError:
    return invalid(f"custom_metrics.{metric.name}: {str(error).partition(chr(10) + 'JVM stacktrace')[0].strip()}")


def _frame(
    spark: SparkSession, rows: Iterable[Metrics], monitor: MonitorInfo, schema: pa.Schema | None = None
) -> DataFrame:
    schema = schema or pa.schema(list(_scalars(monitor).values()))
    numbered = [{**row, _ROW: place} for place, row in enumerate(rows)]
    return spark.createDataFrame(pa.Table.from_pylist(numbered, schema.append(pa.field(_ROW, pa.int64()))))


def _scalars(monitor: MonitorInfo) -> dict[str, pa.Field]:
    """What derived and drift metrics are computed of: numbers and texts of the profile, and custom metrics."""
    schema = pa.schema(metric_tables.profile_schema(monitor))
    custom = {metric.name for metric in monitor.custom_metrics or []}
    return {field.name: field for field in schema if field.name in custom or not pa.types.is_nested(field.type)}


def _within(frame: DataFrame, monitor: MonitorInfo, measured: Measured) -> DataFrame:
    """Rows of the time that is measured: what else there is need not be exploded."""
    timed = monitor.inference_log or monitor.time_series
    starts = [group.start for group in measured if group.start]
    ends = [group.end for group in measured if group.end]
    if not timed or not starts:
        return frame
    time = F.col(quoted(timed.timestamp_col)).cast("timestamp")
    first, last = (
        F.lit(limit.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")).cast("timestamp")
        for limit in (min(starts), max(ends))
    )
    return frame.where((time >= first) & (time < last))


def _utc(time: datetime | None) -> datetime | None:
    """Spark gives local times without zone."""
    return time.astimezone(UTC) if time else None
