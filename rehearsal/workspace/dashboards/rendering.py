"""What a dashboard shows: each widget with the rows that its query gives to who looks at it.

A published dashboard is run with its publisher's rights where his credentials were embedded, else with the viewer's; a
draft always with the viewer's. https://learn.microsoft.com/azure/databricks/dashboards/share/
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rehearsal.workspace.context import Call, Platform
from rehearsal.workspace.dashboards import dashboards, serialized, widget_queries
from rehearsal.workspace.dashboards.serialized import Content, Placed
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.identity import principals
from rehearsal.workspace.sql import results, statements
from rehearsal.workspace.store import Body

KINDS = ("counter", "table", "line", "bar", "area", "scatter", "pie")
FILTER, TEXT = "filter", "text"
ROWS = 10_000  # of a widget; the page draws no more


@dataclass(frozen=True)
class Column:
    """A column of a widget's rows; `type_name` as in a statement's manifest (`DOUBLE`, `TIMESTAMP` …)."""

    name: str
    type_name: str


@dataclass(frozen=True)
class Widget:
    """A picture, table, filter or text with all that is needed to draw it."""

    name: str
    title: str
    kind: str
    """One of KINDS, or `filter`, or `text`."""
    page: str
    position: dict[str, int]
    """x, y, width and height in the page's grid."""
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    """Numbers as int or float, booleans, else text as Spark writes it; null as None."""
    encodings: Mapping[str, Any] = field(default_factory=dict)
    """As the dashboard has them: `x`, `y`, `color`, `angle`, `value`, `columns`, `fields`."""
    text: str = ""
    """Markdown, of a text."""
    truncated: bool = False
    error: str | None = None
    """Why there are no rows."""


def widgets(
    platform: Platform,
    call: Call,
    dashboard_id: str,
    *,
    draft: bool = False,
    parameters: Mapping[str, str] | None = None,
) -> list[Widget]:
    """All widgets in the order of pages and layout. Raises DatabricksError 403, 404.

    A query that fails leaves its own widget without rows, with the error; all queries run at the same time.

    Args:
        draft: show the draft though something is published; what was never published is shown as draft.
        parameters: chosen values of the datasets' parameters, by keyword.
    """
    with platform.store.transaction() as tx:
        shown = dashboards.shown(tx, call, dashboard_id, draft)
        runner = call
        if shown.run_as:
            principal = principals.load(tx, shown.run_as, call.workspace)
            runner = Call(principal, call.workspace, platform, str(uuid.uuid4()))
    content = serialized.checked(shown.serialized_dashboard)
    drawn = [
        (_drawn(page.displayName or page.name, placed), placed) for page in content.pages for placed in page.layout
    ]
    started = [
        (widget, _start(runner, content, placed, shown.warehouse_id, parameters or {})) for widget, placed in drawn
    ]
    return [_filled(runner, widget, asked) for widget, asked in started]


def _drawn(page: str, placed: Placed) -> Widget:
    widget = placed.widget
    position = {name: getattr(placed.position, name) for name in ("x", "y", "width", "height")}
    text = "".join((widget.multilineTextboxSpec or {}).get("lines") or []) or widget.textbox_spec or ""
    if widget.spec is None:
        return Widget(widget.name, "", TEXT, page, position, text=text)
    spec = widget.spec
    kind = str(spec.get("widgetType", ""))
    frame = spec.get("frame") or {}
    title = str(frame.get("title") or "") if frame.get("showTitle", True) else ""
    made = Widget(widget.name, title, kind, page, position, encodings=spec.get("encodings") or {})
    if kind.startswith("filter-"):
        return replace(made, kind=FILTER)
    return made if kind in KINDS else replace(made, error=f"The rehearsal does not draw widgets of type '{kind}'.")


def _start(
    call: Call, content: Content, placed: Placed, warehouse_id: str | None, chosen: Mapping[str, str]
) -> Body | DatabricksError | None:
    """The first query's statement, begun; None where there is nothing to ask."""
    if not placed.widget.queries:
        return None
    query = placed.widget.queries[0].query
    dataset = next(found for found in content.datasets if found.name == query.datasetName)
    try:
        body = widget_queries.statement(dataset, query, chosen)
        return statements.execute(call, {**body, "warehouse_id": warehouse_id, "wait_timeout": "0s", "row_limit": ROWS})
    except DatabricksError as error:
        return error


def _filled(call: Call, widget: Widget, asked: Body | DatabricksError | None) -> Widget:
    if asked is None or widget.error:
        return widget
    if isinstance(asked, DatabricksError):
        return replace(widget, error=asked.message)
    answer = statements.ended(call, asked["statement_id"])
    if answer["status"]["state"] != "SUCCEEDED":
        error = answer["status"].get("error") or {"message": f"The query was {answer['status']['state']}."}
        return replace(widget, error=str(error["message"]))
    columns = tuple(Column(item["name"], item["type_name"]) for item in answer["manifest"]["schema"]["columns"])
    rows = tuple(_rows(columns, answer))
    return replace(widget, columns=columns, rows=rows, truncated=answer["manifest"]["truncated"])


def _rows(columns: tuple[Column, ...], answer: Body) -> Iterator[tuple[Any, ...]]:
    for row in answer["result"].get("data_array") or []:
        yield tuple(results.typed(value, column.type_name) for column, value in zip(columns, row, strict=True))
