"""Monitors as documents: one per table, checked when made or changed; their metric tables are made with them."""

from __future__ import annotations

import json
import re
from typing import Any

from databricks.sdk.service.catalog import (
    MonitorCronSchedulePauseStatus,
    MonitorInfo,
    MonitorInfoStatus,
    MonitorMetric,
)
from deltalake.exceptions import DeltaError

from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.context import Call, Platform
from rehearsal.workspace.errors import DatabricksError, already_exists, invalid, not_found
from rehearsal.workspace.identity import principals
from rehearsal.workspace.monitoring import custom_definitions, metric_tables
from rehearsal.workspace.scheduling import quartz
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import access, columns, service_tables, tables
from rehearsal.workspace.unity_catalog.names import checked
from rehearsal.workspace.unity_catalog.privileges import MANAGE, SCHEMA, TABLE

KIND = "quality_monitor"
WHOLE_TABLE = ":table"
GRANULARITY = re.compile(r"5 minutes|30 minutes|1 hour|1 day|1 month|1 year|[1-4] weeks?")
_GIVEN = (
    "assets_dir", "output_schema_name", "inference_log", "time_series", "snapshot", "slicing_exprs", "custom_metrics",
    "baseline_table_name", "schedule", "notifications",
)  # fmt: skip


def create(call: Call, table_name: str, body: Body) -> Body:
    """Make a monitor and its empty metric tables. Raises DatabricksError 400, 403, 404, 409."""
    if not body.get("skip_builtin_dashboard"):
        raise DatabricksError(
            501, "NOT_IMPLEMENTED", "The rehearsal makes no built-in dashboard: set skip_builtin_dashboard."
        )
    with call.store.transaction() as tx:
        access.require(tx, call.principal, TABLE, table_name, MANAGE)
        access.require(tx, call.principal, TABLE, table_name, "SELECT")  # it is read as who makes the monitor
        if tx.get(KIND, key(table_name)):
            raise already_exists(f"Monitor for table '{table_name}' already exists.")
    monitor = _checked(call, {**body, "table_name": table_name}, version=0)
    return _store(call, monitor, call.principal.name)


def update(call: Call, table_name: str, body: Body) -> Body:
    """Replace a monitor's settings; what is not given is taken away. Raises DatabricksError 400, 403, 404."""
    with call.store.transaction() as tx:
        stored = find(tx, table_name)
        access.require(tx, call.principal, TABLE, table_name, MANAGE)
    version = int(stored["monitor"]["monitor_version"]) + 1
    given = {"assets_dir": stored["monitor"]["assets_dir"], **body, "table_name": table_name}
    return _store(call, _checked(call, given, version), stored["owner"])


def get(tx: Transaction, call: Call, table_name: str) -> Body:
    """The monitor, for who may read the table. Raises DatabricksError 403, 404."""
    access.require(tx, call.principal, TABLE, table_name, "SELECT")
    body: Body = find(tx, table_name)["monitor"]
    return body


def delete(tx: Transaction, call: Call, table_name: str) -> None:
    """Forget the monitor; its metric tables stay, as on Databricks. Raises DatabricksError 403, 404."""
    stored = find(tx, table_name)
    if tables.exists(tx, table_name) or (
        call.principal.name != stored["owner"] and not call.principal.is_admin
    ):  # the table may be gone already: then whoever made the monitor cleans up
        access.require(tx, call.principal, TABLE, table_name, MANAGE)
    tx.delete(KIND, key(table_name))


def find(tx: Transaction, table_name: str) -> Body:
    """{"monitor": the document, "owner": whose session computes it}. Raises DatabricksError 404."""
    stored = tx.get(KIND, key(table_name))
    if stored is None:
        raise not_found(f"Monitor for table '{table_name}' does not exist.")
    return stored


def key(table_name: str) -> str:
    """The monitor's key in the store."""
    return ".".join(checked(table_name, 3))


def ensure_tables(platform: Platform, workspace: str, monitor: MonitorInfo, owner: str) -> None:
    """Make the metric tables that are not there, as their owner. Raises DatabricksError 403, 404."""
    with platform.store.transaction() as tx:
        principal = principals.load(tx, owner, workspace)
    name = monitor.table_name
    for table, schema, what in (
        (monitor.profile_metrics_table_name, metric_tables.profile_schema(monitor), "Profile"),
        (monitor.drift_metrics_table_name, metric_tables.drift_schema(monitor), "Drift"),
    ):
        service_tables.ensure(platform, principal, table, schema, f"{what} metrics of {name}")


def _store(call: Call, monitor: MonitorInfo, owner: str) -> Body:
    ensure_tables(call.platform, call.workspace, monitor, owner)
    body = monitor.as_dict()
    with call.store.transaction() as tx:
        tx.put(KIND, key(monitor.table_name), {"monitor": body, "owner": owner, "workspace": call.workspace})
    return body


def _checked(call: Call, body: Body, version: int) -> MonitorInfo:
    """The monitor that the request describes, completed. Raises DatabricksError 400, 403, 404."""
    given = parsed(MonitorInfo, {name: body[name] for name in _GIVEN if body.get(name) is not None})
    catalog, schema, table = checked(body["table_name"], 3)
    output = ".".join(checked(str(given.output_schema_name or ""), 2))
    given.table_name = f"{catalog}.{schema}.{table}"
    given.profile_metrics_table_name = f"{output}.{table}_profile_metrics"
    given.drift_metrics_table_name = f"{output}.{table}_drift_metrics"
    given.status, given.monitor_version = MonitorInfoStatus.MONITOR_STATUS_ACTIVE, version
    if not str(given.assets_dir or "").startswith("/"):
        raise invalid(f"assets_dir must be an absolute workspace path; found '{given.assets_dir}'.")
    if given.schedule:
        try:
            quartz.parse(given.schedule.quartz_cron_expression or "", given.schedule.timezone_id or "")
        except ValueError as error:
            raise invalid(f"schedule: {error}") from error
        given.schedule.pause_status = given.schedule.pause_status or MonitorCronSchedulePauseStatus.UNPAUSED
    with call.store.transaction() as tx:
        access.require(tx, call.principal, SCHEMA, output, "USE_SCHEMA")
        found = tables.local_location(tables.find(tx, given.table_name))
        if given.baseline_table_name:
            access.require(tx, call.principal, TABLE, given.baseline_table_name, "SELECT")
    _check_profile(given, {str(column.name) for column in columns.columns(found)})
    return given


def _check_profile(monitor: MonitorInfo, known: set[str]) -> None:
    kinds = [kind for kind in (monitor.inference_log, monitor.time_series, monitor.snapshot) if kind is not None]
    if len(kinds) != 1:
        raise invalid("A monitor has exactly one of inference_log, time_series and snapshot.")
    used: dict[str, Any] = {}
    if log := monitor.inference_log:
        if not (log.problem_type and log.prediction_col and log.model_id_col):
            raise invalid("inference_log needs a problem_type, a prediction_col and a model_id_col.")
        used = {
            f"inference_log.{name}": getattr(log, name)
            for name in ("timestamp_col", "model_id_col", "prediction_col", "prediction_proba_col", "label_col")
        }
    elif series := monitor.time_series:
        used = {"time_series.timestamp_col": series.timestamp_col}
    timed = monitor.inference_log or monitor.time_series
    if timed and not timed.granularities:
        raise invalid("granularities must not be empty.")
    for granularity in timed.granularities if timed else []:
        if not GRANULARITY.fullmatch(granularity):
            raise invalid(f"'{granularity}' is not a granularity of monitors.")
    for metric in monitor.custom_metrics or []:
        used |= {f"custom_metrics.{metric.name}": column for column in metric.input_columns or [] if column[:1] != ":"}
        _check_metric(metric, monitor)
    for where, column in used.items():
        if column is not None and column not in known:
            raise invalid(f"{where}: column '{column}' is not in table {monitor.table_name}; it has {sorted(known)}.")


def _check_metric(metric: MonitorMetric, monitor: MonitorInfo) -> None:
    name, output = metric.name, metric.output_data_type
    if not (name and metric.definition and metric.type and metric.input_columns):
        raise invalid(f"custom_metrics.{name}: needs a name, a type, input_columns and a definition.")
    try:
        service_tables.delta_schema({name: json.loads(output)["type"]})
    except (ValueError, KeyError, TypeError, DeltaError) as error:
        raise invalid(
            f"custom_metrics.{name}: output_data_type must be a StructField in Spark's JSON; found {output!r}."
        ) from error
    for column in metric.input_columns:
        custom_definitions.rendered(metric, column, monitor)
