"""Columns of the two metric tables of a monitor, in Databricks' names, types and order.

https://learn.microsoft.com/azure/databricks/lakehouse-monitoring/monitor-output#column-schemas-for-generated-tables
"""

from __future__ import annotations

import json

from databricks.sdk.service.catalog import MonitorInferenceLogProblemType as Problem
from databricks.sdk.service.catalog import MonitorInfo, MonitorMetricType
from deltalake import Schema

from rehearsal.workspace.unity_catalog.service_tables import DeltaType, array, delta_schema, struct

_WINDOW = struct({"start": "timestamp", "end": "timestamp"})
_TEST = struct({"statistic": "double", "pvalue": "double"})
_MULTICLASS = struct(
    {
        "one_vs_all": {"type": "map", "keyType": "string", "valueType": "double", "valueContainsNull": True},
        "macro": "double",
        "weighted": "double",
    }
)
_PROFILE: dict[str, DeltaType] = {
    "window": _WINDOW,
    "log_type": "string",
    "logging_table_commit_version": "integer",
    "monitor_version": "long",
    "granularity": "string",
    "slice_key": "string",
    "slice_value": "string",
    "column_name": "string",
    "count": "long",
    "data_type": "string",
    "num_nulls": "long",
    "avg": "double",
    "quantiles": array("double"),
    "min": "double",
    "max": "double",
    "stddev": "double",
    "num_zeros": "long",
    "num_nan": "long",
    "min_length": "double",
    "max_length": "double",
    "avg_length": "double",
    "non_null_columns": array("string"),
    "frequent_items": array(struct({"item": "string", "count": "long"})),
    "median": "double",
    "distinct_count": "long",
    "percent_nan": "double",
    "percent_null": "double",
    "percent_zeros": "double",
    "percent_distinct": "double",
}
_CLASSIFICATION: dict[str, DeltaType] = {
    "accuracy_score": "double",
    "confusion_matrix": array(struct({"prediction": "string", "label": "string", "count": "long"})),
    "precision": _MULTICLASS,
    "recall": _MULTICLASS,
    "f1_score": _MULTICLASS,
}
_REGRESSION: dict[str, DeltaType] = {
    "mean_squared_error": "double",
    "root_mean_squared_error": "double",
    "mean_average_error": "double",
    "mean_absolute_percentage_error": "double",
    "r2_score": "double",
}
_DRIFT: dict[str, DeltaType] = {
    "window": _WINDOW,
    "granularity": "string",
    "monitor_version": "long",
    "slice_key": "string",
    "slice_value": "string",
    "column_name": "string",
    "data_type": "string",
    "window_cmp": _WINDOW,
    "drift_type": "string",
    "count_delta": "long",
    "avg_delta": "double",
    "percent_null_delta": "double",
    "percent_zeros_delta": "double",
    "percent_distinct_delta": "double",
    "non_null_columns_delta": struct({"added": "integer", "missing": "integer"}),
    "js_distance": "double",
    "ks_test": _TEST,
    "wasserstein_distance": "double",
    "population_stability_index": "double",
    "chi_squared_test": _TEST,
    "tv_distance": "double",
    "l_infinity_distance": "double",
}


def profile_schema(monitor: MonitorInfo) -> Schema:
    """Of the profile metrics: an inference log has a column of model ids, and of quality where there are labels."""
    columns = {**_PROFILE, **_model_id(monitor)}
    log = monitor.inference_log
    if log and log.label_col:
        columns |= _CLASSIFICATION if log.problem_type == Problem.PROBLEM_TYPE_CLASSIFICATION else _REGRESSION
    return delta_schema({**columns, **_custom(monitor, drift=False)})


def drift_schema(monitor: MonitorInfo) -> Schema:
    """Of the drift metrics."""
    return delta_schema({**_DRIFT, **_model_id(monitor), **_custom(monitor, drift=True)})


def _model_id(monitor: MonitorInfo) -> dict[str, DeltaType]:
    return {monitor.inference_log.model_id_col: "string"} if monitor.inference_log else {}


def _custom(monitor: MonitorInfo, drift: bool) -> dict[str, DeltaType]:
    """Custom metrics, each in the type of its `output_data_type`: a field as Spark writes it in JSON."""
    return {
        metric.name: json.loads(metric.output_data_type)["type"]
        for metric in monitor.custom_metrics or []
        if (metric.type == MonitorMetricType.CUSTOM_METRIC_TYPE_DRIFT) == drift
    }
