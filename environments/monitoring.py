"""Settings of a model's monitoring: profiles of its inference log, metrics of its own, and alerts on both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from environments.strict import Cron, Name, NonEmpty, Strict, again
from environments.validation_errors import CrossCheck

Granularity = Literal["5 minutes", "30 minutes", "1 hour", "1 day", "1 week", "1 month"]

# Numbers that a monitor writes to its two metric tables, a column each: "Monitor metric tables" in Databricks' docs.
# Of its structures an expression takes a part, such as ks_test.pvalue.
PROFILE_METRICS = (
    *("count", "num_nulls", "avg", "min", "max", "stddev", "num_zeros", "num_nan", "median"),
    *("min_size", "max_size", "avg_size", "min_len", "max_len", "avg_len"),
    *("distinct_count", "percent_nan", "percent_null", "percent_zeros", "percent_distinct"),
    *("accuracy_score", "mean_squared_error", "root_mean_squared_error", "mean_average_error"),
    *("mean_absolute_percentage_error", "r2_score"),
)
DRIFT_METRICS = (
    *("count_delta", "avg_delta", "percent_null_delta", "percent_zeros_delta", "percent_distinct_delta"),
    *("js_distance", "wasserstein_distance", "population_stability_index", "tv_distance", "l_infinity_distance"),
)
TABLE = ":table"
LOG_SOURCE = "source"  # column of the log: by which way a prediction was made
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


class CustomMetric(Strict):
    """A metric that data scientists define: an SQL aggregate over a window of the monitored table."""

    definition: NonEmpty = Field(description="SQL; {{input_column}} stands for each of the columns in turn")
    columns: Annotated[list[NonEmpty], Field(min_length=1)] = Field(
        description="columns it is computed for, or [:table] when it is one of the whole table"
    )
    type: Literal["double", "bigint", "string"] = Field(default="double", description="Spark SQL type of its value")


class Alert(Strict):
    """When people are told, and whether the model is trained again: a metric's latest value compared with a bound."""

    description: NonEmpty = Field(description="what people are told")
    table: Literal["profile", "drift"] = Field(description="which of the monitor's two metric tables")
    metric: NonEmpty = Field(description="column of the metric table, or an SQL expression of its columns")
    column: NonEmpty = Field(description="monitored column, or :table")
    comparison: Literal["LESS_THAN", "GREATER_THAN"] = Field(description="on which side of the bound is what is wrong")
    threshold: float = Field(description="the bound")
    windows: Annotated[int, Field(ge=1, le=100)] = Field(
        default=1, description="how many windows back the latest value may be; truth that comes late needs more than 1"
    )
    retrain: bool = Field(default=False, description="does the alert start the training job")
    tell_again_hours: Annotated[float, Field(gt=0)] | None = Field(
        default=24.0, description="hours after which it is told again while nothing has changed; null: never"
    )
    tell_when_well: bool = Field(default=True, description="are those who were told also told that all is well again")


class Monitoring(Strict):
    """The log of all predictions of a model, and the monitor of that log."""

    granularities: Annotated[list[Granularity], Field(min_length=1)] = Field(
        description="lengths of the windows that metrics are computed for"
    )
    schedule: Cron = Field(description="when new predictions and truth are logged, and metrics are computed")
    truth_days: Annotated[int, Field(ge=1)] = Field(
        default=60, description="days after a prediction in which its truth may become known, or be corrected"
    )
    alert_schedule: Cron = Field(description="when alerts look at the metrics")
    cool_down_days: Annotated[float, Field(ge=0)] = Field(
        default=7.0, description="days after a training that an alert started, in which alerts start no other"
    )
    slices: list[NonEmpty] = Field(
        default=[],
        description="by what metrics are split, beside the model's versions: columns of the log (`source`), of the "
        "predictions, of the label table; SQL conditions of columns of the first two",
    )
    custom_metrics: dict[Name, CustomMetric] = Field(default={}, description="the model's own metrics by name")
    alerts: dict[Name, Alert] = Field(default={}, description="the alerts by name")

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Nothing is said twice; a custom metric's name is its own; an alert watches a metric that there is."""
        yield from again("granularities", list(self.granularities))
        yield from again("slices", self.slices)
        for name in self.custom_metrics:
            if name in PROFILE_METRICS:
                yield CrossCheck(("custom_metrics", name), "the name of a built-in metric", "another name")
        for name, alert in self.alerts.items():
            known = (*PROFILE_METRICS, *self.custom_metrics) if alert.table == "profile" else DRIFT_METRICS
            if IDENTIFIER.fullmatch(alert.metric) and alert.metric not in known:
                expected = f"one of the {alert.table} metrics, {', '.join(known)}; or an SQL expression of them"
                yield CrossCheck(("alerts", name, "metric"), repr(alert.metric), expected)


def monitoring_checks(
    monitoring: Monitoring, predicted: Sequence[str], label: str, label_table: Sequence[str]
) -> Iterator[CrossCheck]:
    """The log, made of predictions with their label, has the columns that are named; paths begin at `monitoring`."""
    columns = [*predicted, LOG_SOURCE, label]
    known = f"a column of the inference log ({', '.join(columns)})"
    for index, text in enumerate(monitoring.slices):
        if IDENTIFIER.fullmatch(text) and text not in (*columns, *label_table):
            place = ("monitoring", "slices", index)
            yield CrossCheck(place, repr(text), f"{known} or of the label table, or an SQL condition")
    columns += [text for text in monitoring.slices if text in label_table]
    for name, metric in monitoring.custom_metrics.items():
        for index, column in enumerate(metric.columns):
            if column not in (TABLE, *columns):
                path = ("monitoring", "custom_metrics", name, "columns", index)
                yield CrossCheck(path, repr(column), f"{known} or {TABLE}")
    for name, alert in monitoring.alerts.items():
        if alert.column not in (TABLE, *columns):
            where = ("monitoring", "alerts", name, "column")
            yield CrossCheck(where, repr(alert.column), f"{known} or {TABLE}")
