"""Monitors: profile and drift metrics of a column over time windows, as plots."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from databricks.sdk.service.catalog import MonitorInfo
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from rehearsal.workspace.monitoring import monitors
from rehearsal.workspace.ui import charts, queries
from rehearsal.workspace.ui.charts import Chart, Point
from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.queries import Rows
from rehearsal.workspace.ui.viewer import Outcome, PosterDep, Viewer, ViewerDep, attempt

WHOLE = ":table"
# What is not measured, but says of what and when.
_KEYS = {
    "log_type", "logging_table_commit_version", "monitor_version", "granularity", "slice_key", "slice_value",
    "column_name", "data_type", "drift_type", "start", "start_cmp",
}  # fmt: skip
_NESTED = (
    "window_cmp", "quantiles", "frequent_items", "non_null_columns", "ks_test", "chi_squared_test", "confusion_matrix",
)  # fmt: skip
_ROWS = 5000
Record = dict[str, str | None]
router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True)
class Choice:
    """Of which column, granularity and slice the plots tell."""

    column: str
    granularity: str
    slice: str

    def fits(self, record: Record) -> bool:
        """Is the metrics' row of this choice?"""
        return (record.get("column_name"), record.get("granularity"), slice_of(record)) == (
            self.column,
            self.granularity,
            self.slice,
        )


@router.get("/ui/monitors")
def show_all(viewer: ViewerDep) -> HTMLResponse:
    """Monitors of tables that the viewer may see."""
    with viewer.platform.store.transaction() as tx:
        names = [str(body.get("table_name") or key) for key, body in tx.items(monitors.KIND)]
    found = [attempt(partial(viewer.client.quality_monitors.get, name)).value for name in names]
    return viewer.page("monitors.html.j2", title="Monitors", monitors=[monitor for monitor in found if monitor])


@router.get("/ui/monitors/{full_name}")
def show(
    viewer: ViewerDep, full_name: str, column: str = WHOLE, granularity: str = "", slice: str = ""
) -> HTMLResponse:
    """One monitor with its metrics."""
    monitor = attempt(lambda: viewer.client.quality_monitors.get(full_name))
    if monitor.value is None:
        return viewer.page(
            "monitor_none.html.j2", title=f"Monitor of {full_name}", full_name=full_name, monitor=monitor
        )
    profile = attempt(lambda: _rows(viewer, monitor.value.profile_metrics_table_name if monitor.value else None))
    drift = attempt(lambda: _rows(viewer, monitor.value.drift_metrics_table_name if monitor.value else None))
    records = [*_records(profile), *_records(drift)]
    granularities = _distinct(record.get("granularity") for record in records)
    chosen = Choice(column, granularity if granularity in granularities else next(iter(granularities), ""), slice)
    return viewer.page(
        "monitor.html.j2",
        title=f"Monitor of {full_name}",
        full_name=full_name,
        monitor=monitor.value,
        kind=_kind(monitor.value),
        refreshes=attempt(lambda: viewer.client.quality_monitors.list_refreshes(full_name).refreshes or []),
        columns=_distinct(record.get("column_name") for record in records),
        granularities=granularities,
        slices=_distinct(slice_of(record) for record in records),
        chosen=chosen,
        profile=profile,
        drift=drift,
        profile_plots=plots(_records(profile), chosen, "log_type"),
        drift_plots=plots(_records(drift), chosen, "drift_type"),
    )


@router.post("/ui/monitors/{full_name}/refresh")
def refresh(viewer: PosterDep, full_name: str) -> RedirectResponse:
    """Compute the metrics anew."""
    viewer.client.quality_monitors.run_refresh(full_name)
    return RedirectResponse(f"/ui/monitors/{full_name}", 303)


def plots(records: Iterable[Record], chosen: Choice, series: str) -> list[Chart]:
    """A plot for each metric that the chosen rows have numbers of, a line for each value of the column `series`."""
    data: dict[str, dict[str, list[Point]]] = {}
    for record in records:
        if not chosen.fits(record):
            continue
        for metric, value in record.items():
            measured = _number(value) if metric not in _KEYS else None
            if measured is not None:
                lines = data.setdefault(metric, {})
                lines.setdefault((record.get(series) or "").lower(), []).append((record.get("start"), measured))
    return [charts.chart(metric.replace("_", " "), "line", lines) for metric, lines in data.items()]


def slice_of(record: Record) -> str:
    """A slice in words; nothing for all rows."""
    key = record.get("slice_key")
    return f"{key} = {record.get('slice_value')}" if key else ""


def _rows(viewer: Viewer, table: str | None) -> Rows:
    """All of a metric table; its windows by their starts, its tests by their statistics."""
    name = queries.quoted(table or "")
    described = {row[0] for row in queries.run(viewer, f"DESCRIBE TABLE {name}").rows}
    selected = ["CAST(window.start AS STRING) AS start", "* EXCEPT (window"]
    dropped = [column for column in _NESTED if column in described]
    selected[1] += "".join(f", {column}" for column in dropped) + ")"
    for test in ("ks_test", "chi_squared_test"):
        if test in described:
            selected += [f"{test}.statistic AS {test}_statistic", f"{test}.pvalue AS {test}_pvalue"]
    return queries.run(viewer, f"SELECT {', '.join(selected)} FROM {name} ORDER BY window.start LIMIT {_ROWS}")


def _records(rows: Outcome[Rows]) -> list[Record]:
    return rows.value.records() if rows.value else []


def _distinct(values: Iterable[str | None]) -> list[str]:
    return sorted({value for value in values if value is not None})


def _number(value: str | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None


def _kind(monitor: MonitorInfo) -> str:
    return "inference log" if monitor.inference_log else "time series" if monitor.time_series else "snapshot"
