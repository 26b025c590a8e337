"""The dashboard of a model, as Databricks' AI/BI dashboards are written down: datasets of SQL, and a page of charts.

One dataset, one chart: predictions a day, drift and nulls of each column, the model's quality where the truth is
known, and each metric of the model's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from environments.metrics import Problem
from environments.model import MODEL_VERSION
from environments.settings import Environment, Model
from infra.metric_queries import VALUE, infrastructure, latencies, over_time, predictions_per_day

# The metric of a monitor that says most of a problem's predictions, and its title.
QUALITY: dict[Problem, tuple[str, str]] = {
    "binary": ("accuracy_score", "Accuracy"),
    "regression": ("root_mean_squared_error", "Error (root mean square)"),
}
# The page is six columns wide.
WIDTH, HEIGHT, CHARTS_IN_A_ROW = 3, 6, 2


@dataclass(frozen=True)
class Chart:
    """Lines or bars: `y` over the time `x`, one of `colour` each."""

    name: str
    title: str
    query: str
    kind: str = "line"
    x: str = "start"
    y: str = VALUE
    colour: str = "column_name"


def charts(environment: Environment, model: Model) -> Iterator[Chart]:
    """The charts of a model's dashboard, in the order in which one reads them."""
    yield Chart(
        "predictions",
        "Predictions a day",
        predictions_per_day(environment, model),
        kind="bar",
        x="day",
        y="predictions",
        colour=MODEL_VERSION,
    )
    drift = over_time(environment, model, "drift", "population_stability_index")
    yield Chart("drift", "Drift from one window to the next (population stability index)", drift)
    built_in, title = QUALITY[model.problem]
    yield Chart("quality", title, over_time(environment, model, "profile", built_in))
    yield Chart("nulls", "Nulls, %", over_time(environment, model, "profile", "percent_null"))
    for name, metric in model.monitoring.custom_metrics.items():
        if metric.type != "string":
            title = name.replace("_", " ").capitalize()
            yield Chart(f"custom_{name}", title, over_time(environment, model, "profile", name))
    yield Chart("requests", "Requests an hour", infrastructure(environment, model, "endpoint", "requests"), kind="bar")
    yield Chart("latency", "Latency of the endpoint, ms", latencies(environment, model))
    failed = infrastructure(environment, model, None, "errors")
    yield Chart("errors", "Requests and runs of jobs that failed", failed, kind="bar")
    took = infrastructure(environment, model, "job", "duration_seconds")
    yield Chart("durations", "Time that jobs took, seconds", took, kind="bar")
    yield Chart("cost", "Cost, estimated", infrastructure(environment, model, None, "cost"), kind="bar")


def serialized_dashboard(environment: Environment, model: Model) -> str:
    """The dashboard as JSON, the same for the same settings."""
    shown = list(charts(environment, model))
    document = {
        "datasets": [
            {"name": chart.name, "displayName": chart.title, "queryLines": chart.query.splitlines(keepends=True)}
            for chart in shown
        ],
        "pages": [
            {
                "name": "monitoring",
                "displayName": "Monitoring",
                "layout": [
                    {"widget": _widget(chart), "position": _position(place)} for place, chart in enumerate(shown)
                ],
            }
        ],
    }
    return json.dumps(document, sort_keys=True)


def _widget(chart: Chart) -> dict[str, Any]:
    columns = (chart.x, chart.y, chart.colour)
    scales = ("temporal", "quantitative", "categorical")
    return {
        "name": chart.name,
        "queries": [
            {
                "name": "main_query",
                "query": {
                    "datasetName": chart.name,
                    "fields": [{"name": column, "expression": f"`{column}`"} for column in columns],
                    "disaggregated": True,
                },
            }
        ],
        "spec": {
            "version": 3,
            "widgetType": chart.kind,
            "encodings": {
                axis: {"fieldName": column, "scale": {"type": scale}, "displayName": column}
                for axis, column, scale in zip(("x", "y", "color"), columns, scales, strict=True)
            },
            "frame": {"showTitle": True, "title": chart.title},
        },
    }


def _position(place: int) -> dict[str, int]:
    row, column = divmod(place, CHARTS_IN_A_ROW)
    return {"x": column * WIDTH, "y": row * HEIGHT, "width": WIDTH, "height": HEIGHT}
