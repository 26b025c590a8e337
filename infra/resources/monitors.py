"""The monitor of a model's inference log: profiles, drift and the model's own metrics, in tables for all to read."""

from __future__ import annotations

import json

from cdktf import TerraformResource
from cdktf_cdktf_provider_databricks.quality_monitor import (
    QualityMonitor,
    QualityMonitorCustomMetrics,
    QualityMonitorInferenceLog,
    QualityMonitorNotifications,
    QualityMonitorNotificationsOnFailure,
)
from cdktf_cdktf_provider_databricks.sql_endpoint import SqlEndpoint
from constructs import Construct

from environments import names
from environments.metrics import Problem
from environments.model import MODEL_VERSION, SCORED_AT
from environments.monitoring import CustomMetric
from environments.settings import Environment, Model

PROBLEM_TYPES: dict[Problem, str] = {
    "binary": "PROBLEM_TYPE_CLASSIFICATION",
    "regression": "PROBLEM_TYPE_REGRESSION",
}


def add_monitor(
    scope: Construct,
    environment: Environment,
    model: Model,
    warehouse: SqlEndpoint,
    needed: list[TerraformResource],
) -> QualityMonitor:
    """Add the monitor and, with it, its two tables of metrics. The monitoring job refreshes it, once the log is new."""
    monitoring = model.monitoring
    failure = QualityMonitorNotificationsOnFailure(email_addresses=environment.notify)
    return QualityMonitor(
        scope,
        f"monitor-{model.name}",
        table_name=names.inference_log(environment, model),
        output_schema_name=names.model_schema(environment, model),
        assets_dir=names.monitor_assets(environment, model),
        # Ours says what is of interest here, and is changed by the same review as everything else.
        skip_builtin_dashboard=True,
        warehouse_id=warehouse.id,
        inference_log=[
            QualityMonitorInferenceLog(
                granularities=list(monitoring.granularities),
                timestamp_col=SCORED_AT,
                model_id_col=MODEL_VERSION,
                prediction_col=names.prediction_column(model),
                label_col=model.label,
                problem_type=PROBLEM_TYPES[model.problem],
            )
        ],
        slicing_exprs=list(monitoring.slices) or None,
        custom_metrics=[_custom_metric(name, metric) for name, metric in monitoring.custom_metrics.items()] or None,
        notifications=[QualityMonitorNotifications(on_failure=[failure])],
        depends_on=needed,
    )


def _custom_metric(name: str, metric: CustomMetric) -> QualityMonitorCustomMetrics:
    # The API wants the type as Spark writes a field of a schema.
    output = {
        "metadata": {},
        "name": name,
        "nullable": True,
        "type": "long" if metric.type == "bigint" else metric.type,
    }
    return QualityMonitorCustomMetrics(
        type="CUSTOM_METRIC_TYPE_AGGREGATE",
        name=name,
        input_columns=list(metric.columns),
        definition=metric.definition,
        output_data_type=json.dumps(output, sort_keys=True),
    )
