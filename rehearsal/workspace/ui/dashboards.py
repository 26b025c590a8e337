"""Dashboards: each widget drawn from the rows that the dashboards' service gives to the viewer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from rehearsal.workspace.context import Call
from rehearsal.workspace.dashboards import rendering
from rehearsal.workspace.dashboards.rendering import Widget
from rehearsal.workspace.ui import charts, formats
from rehearsal.workspace.ui.charts import Chart, Point
from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import ViewerDep

_PLOTTED = {"line": "line", "bar": "bar", "area": "area", "scatter": "scatter", "pie": "bar"}
_LOOKS = 500  # rows of a table that are drawn
router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True)
class Drawn:
    """A widget, ready for the template."""

    widget: Widget
    chart: Chart | None
    counter: str
    columns: list[str]
    rows: list[list[str]]


@router.get("/ui/dashboards")
def show_all(viewer: ViewerDep) -> HTMLResponse:
    """Dashboards that the viewer may read."""
    found = sorted(viewer.client.lakeview.list(), key=lambda dashboard: dashboard.display_name or "")
    return viewer.page("dashboards.html.j2", title="Dashboards", dashboards=found)


@router.get("/ui/dashboards/{dashboard_id}")
def show(viewer: ViewerDep, dashboard_id: str, draft: bool = False) -> HTMLResponse:
    """One dashboard."""
    dashboard = viewer.client.lakeview.get(dashboard_id)
    call = Call(viewer.principal, viewer.workspace, viewer.platform, str(uuid.uuid4()))
    pages: dict[str, list[Drawn]] = {}
    for widget in rendering.widgets(viewer.platform, call, dashboard_id, draft=draft):
        pages.setdefault(widget.page, []).append(drawn(widget))
    return viewer.page(
        "dashboard.html.j2",
        title=dashboard.display_name or dashboard_id,
        dashboard=dashboard,
        draft=draft,
        pages=pages,
    )


def drawn(widget: Widget) -> Drawn:
    """The widget's picture, number or table."""
    kind = _PLOTTED.get(widget.kind)
    chart = charts.chart(widget.title, kind, _series(widget)) if kind and not widget.error else None
    counter = _counter(widget) if widget.kind == "counter" and not widget.error else ""
    shown = widget.kind == "table" and not widget.error
    columns = _table_columns(widget) if shown else []
    places = [place for place, _ in columns]
    rows = [[formats.number(row[place]) for place in places] for row in widget.rows[:_LOOKS]] if shown else []
    return Drawn(widget, chart, counter, [title for _, title in columns], rows)


def _series(widget: Widget) -> dict[str, list[Point]]:
    """Points by series: a series for each colour, or for each field on the axis of values."""
    across = _field(widget, "color" if widget.kind == "pie" else "x")
    up = widget.encodings.get("angle" if widget.kind == "pie" else "y") or {}
    fields = [str(item.get("fieldName")) for item in up.get("fields") or [up]]
    colour = None if widget.kind == "pie" else _field(widget, "color")
    names = [column.name for column in widget.columns]
    series: dict[str, list[Point]] = {}
    for row in widget.rows:
        values: dict[str, Any] = dict(zip(names, row, strict=True))
        for field in fields:
            name = str(values.get(colour)) if colour else field
            series.setdefault(name, []).append((values.get(across) if across else "", values.get(field)))
    return series


def _field(widget: Widget, channel: str) -> str | None:
    found = (widget.encodings.get(channel) or {}).get("fieldName")
    return str(found) if found else None


def _counter(widget: Widget) -> str:
    names = [column.name for column in widget.columns]
    field = _field(widget, "value")
    place = names.index(field) if field in names else 0
    return formats.number(widget.rows[0][place]) if widget.rows else "–"


def _table_columns(widget: Widget) -> list[tuple[int, str]]:
    """(place in a row, title) of the columns that the widget shows: all of them when it names none."""
    names = [column.name for column in widget.columns]
    wanted = widget.encodings.get("columns") or [{"fieldName": name} for name in names]
    return [
        (names.index(item["fieldName"]), str(item.get("title") or item.get("displayName") or item["fieldName"]))
        for item in wanted
        if item.get("fieldName") in names
    ]
