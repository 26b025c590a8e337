"""Definitions of custom metrics: templates of SQL in which names of columns and of windows are put in.

https://learn.microsoft.com/azure/databricks/lakehouse-monitoring/custom-metrics#create-definition
"""

from __future__ import annotations

import jinja2
from databricks.sdk.service.catalog import MonitorInfo, MonitorMetric, MonitorMetricType

from rehearsal.workspace.errors import invalid

AGGREGATE = MonitorMetricType.CUSTOM_METRIC_TYPE_AGGREGATE
DERIVED = MonitorMetricType.CUSTOM_METRIC_TYPE_DERIVED
DRIFT = MonitorMetricType.CUSTOM_METRIC_TYPE_DRIFT
CURRENT, BASE = "current_df", "base_df"


def of_type(monitor: MonitorInfo, kind: MonitorMetricType) -> list[MonitorMetric]:
    """The monitor's metrics of one type."""
    return [metric for metric in monitor.custom_metrics or [] if metric.type == kind]


def rendered(metric: MonitorMetric, column: str, monitor: MonitorInfo) -> str:
    """The metric's SQL for a column. Raises DatabricksError 400 that names the metric."""
    log = monitor.inference_log
    names: dict[str, str | None] = {"input_column": quoted(column)}
    if metric.type == AGGREGATE:
        names["prediction_col"] = quoted(log.prediction_col) if log else None
        names["label_col"] = quoted(log.label_col) if log and log.label_col else None
    if metric.type == DRIFT:
        names |= {CURRENT: CURRENT, BASE: BASE}
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    try:
        template = environment.from_string(metric.definition)
        return template.render({name: value for name, value in names.items() if value})
    except jinja2.TemplateError as error:
        raise invalid(f"custom_metrics.{metric.name}: definition: {error}") from error


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return f"`{name.replace('`', '``')}`"
