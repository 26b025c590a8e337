"""Settings of a model's monitoring: profiles of its inference table, metrics of its own, and alerts on both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from environments.strict import Cron, Name, Strict
from environments.validation_errors import CrossCheck

Granularity = Literal["5 minutes", "30 minutes", "1 hour", "1 day", "1 week", "1 month"]


class CustomMetric(Strict):
    """A metric that data scientists define: an SQL aggregate over a window of the monitored table."""

    definition: str = Field(description="SQL; {{input_column}} stands for each of the columns in turn")
    columns: list[str] = Field(description="columns it is computed for, or [:table] when it is one of the whole table")
    type: Literal["double", "bigint", "string"] = "double"


class Alert(Strict):
    """When people are told, and whether the model is trained again: a metric's latest value compared with a bound."""

    description: str
    table: Literal["profile", "drift"] = Field(description="which of the monitor's two metric tables")
    metric: str = Field(description="column of the metric table, or an SQL expression of its columns")
    column: str = Field(description="monitored column, or :table")
    comparison: Literal["LESS_THAN", "GREATER_THAN"]
    threshold: float
    retrain: bool = Field(default=False, description="does the alert start the training job")


class Monitoring(Strict):
    """The monitor of a model's prediction table."""

    granularities: Annotated[list[Granularity], Field(min_length=1)]
    schedule: Cron
    slices: list[str] = Field(default=[], description="columns or SQL conditions by which metrics are split, too")
    custom_metrics: dict[Name, CustomMetric] = Field(default={})
    alerts: dict[Name, Alert] = Field(default={})

    def cross_checks(self) -> Iterator[CrossCheck]:
        """A custom metric is computed for something."""
        for name, metric in self.custom_metrics.items():
            if not metric.columns:
                yield CrossCheck(("custom_metrics", name, "columns"), "an empty list", "columns, or :table")
