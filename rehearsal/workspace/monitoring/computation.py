"""A refresh: measure the table as the monitor's owner, then replace what the metric tables say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from databricks.sdk.service.catalog import MonitorInfo
from deltalake import DeltaTable, Schema, write_deltalake
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rehearsal.workspace.monitoring import drift, groups, metric_tables, profile
from rehearsal.workspace.monitoring.drift import Measured
from rehearsal.workspace.monitoring.profile import Group, Metrics

INPUT, BASELINE = "INPUT", "BASELINE"


def refresh(
    spark: SparkSession, monitor: MonitorInfo, source: Path, profiles: Path, drifts: Path, now: datetime
) -> None:
    """Compute both metric tables anew. Raises PySparkException, also where the owner may not read the table.

    Args:
        source: where the monitored table lies, to tell the version that is measured.
        profiles: where the table of profile metrics lies.
        drifts: where the table of drift metrics lies.
        now: the time of the refresh, by which snapshots are told apart.
    """
    version = DeltaTable(source).version()
    measured = _measured(spark, monitor, monitor.table_name, now, windowed=True)
    baseline: Measured = {}
    if monitor.baseline_table_name:
        baseline = _measured(spark, monitor, monitor.baseline_table_name, now, windowed=False)
    common = {"monitor_version": monitor.monitor_version}
    rows = [
        {**common, "log_type": log_type, "logging_table_commit_version": version, "column_name": column, **metrics}
        | _group(monitor, group)
        for log_type, groups_of in ((INPUT, measured), (BASELINE, baseline))
        for group, columns in groups_of.items()
        for column, metrics in columns.items()
    ]
    drifted = [
        {**common, "column_name": column, "drift_type": kind, **metrics}
        | _group(monitor, group)
        | {"window_cmp": _window(other)}
        for (group, other, kind), column, metrics in drift.rows(measured, baseline)
    ]
    _replace(profiles, metric_tables.profile_schema(monitor), rows)
    _replace(drifts, metric_tables.drift_schema(monitor), drifted)


def _measured(spark: SparkSession, monitor: MonitorInfo, table: str, now: datetime, windowed: bool) -> Measured:
    snapshot = F.lit(now.replace(tzinfo=None).isoformat(sep=" ")).cast("timestamp") if monitor.snapshot else None
    frame = groups.exploded(spark.table(table), monitor, snapshot, windowed)
    return profile.measured(frame, monitor)


def _group(monitor: MonitorInfo, group: Group) -> Metrics:
    named = dict(zip(groups.KEYS, group, strict=True))
    shown: Metrics = {name: named[name] for name in ("granularity", "slice_key", "slice_value")}
    if monitor.inference_log:
        shown[monitor.inference_log.model_id_col] = named["model_id"]
    return {**shown, "window": _window(group)}


def _window(group: Group) -> dict[str, Any]:
    named = dict(zip(groups.KEYS, group, strict=True))
    return {name: _utc(named[name]) for name in ("start", "end")}


def _utc(time: datetime | None) -> datetime | None:
    """Spark gives local times without zone."""
    return time.astimezone(UTC) if time else None


def _replace(location: Path, schema: Schema, rows: list[Metrics]) -> None:
    """One commit: readers see the old metrics or the new ones. The schema follows the monitor's custom metrics."""
    names = [field.name for field in schema.fields]
    shown = [{name: row.get(name) for name in names} for row in rows]
    table = pa.Table.from_pylist(shown, schema=pa.schema(schema))
    write_deltalake(location, table, mode="overwrite", schema_mode="overwrite")
