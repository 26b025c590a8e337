"""How good predictions were, where labels are known: metrics of classification or of regression for each group.

https://learn.microsoft.com/azure/databricks/lakehouse-monitoring/monitor-output#additional-statistics
"""

from __future__ import annotations

from databricks.sdk.service.catalog import MonitorInferenceLog
from databricks.sdk.service.catalog import MonitorInferenceLogProblemType as Problem
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from rehearsal.workspace.monitoring import groups

Metrics = dict[str, object]
Group = tuple[object, ...]
_MULTICLASS = ("precision", "recall", "f1_score")


def measured(frame: DataFrame, log: MonitorInferenceLog) -> dict[Group, Metrics]:
    """Metrics by group, over the rows that have both a prediction and a label."""
    prediction, label = F.col(f"`{log.prediction_col}`"), F.col(f"`{log.label_col}`")
    known = frame.where(prediction.isNotNull() & label.isNotNull())
    if log.problem_type == Problem.PROBLEM_TYPE_CLASSIFICATION:
        return _classification(known, prediction.cast("string"), label.cast("string"))
    return _regression(known, prediction.cast("double"), label.cast("double"))


def _classification(frame: DataFrame, prediction: Column, label: Column) -> dict[Group, Metrics]:
    keys = [groups.key(name) for name in groups.KEYS]
    pairs = [prediction.alias("prediction"), label.alias("label")]
    cells: dict[Group, list[Metrics]] = {}
    for row in frame.groupBy(*keys, *pairs).agg(F.count(F.lit(1)).alias("rows")).collect():
        cell = {"prediction": row["prediction"], "label": row["label"], "count": row["rows"]}
        cells.setdefault(tuple(row[name] for name in keys), []).append(cell)
    return {group: _of_confusion(matrix) for group, matrix in cells.items()}


def _of_confusion(matrix: list[Metrics]) -> Metrics:
    """https://scikit-learn.org/stable/modules/model_evaluation.html#precision-recall-and-f-measures"""
    truth = [cell["label"] for cell in matrix]
    said = [cell["prediction"] for cell in matrix]
    weights = [cell["count"] for cell in matrix]
    classes = sorted({*map(str, truth), *map(str, said)})
    scores = {
        average: precision_recall_fscore_support(
            truth, said, labels=classes, sample_weight=weights, average=average, zero_division=0.0
        )
        for average in (None, "macro", "weighted")
    }
    result: Metrics = {
        "accuracy_score": float(accuracy_score(truth, said, sample_weight=weights)),
        "confusion_matrix": sorted(matrix, key=lambda cell: (str(cell["prediction"]), str(cell["label"]))),
    }
    for index, name in enumerate(_MULTICLASS):
        one_vs_all = [(kind, float(score)) for kind, score in zip(classes, scores[None][index], strict=True)]
        means = {average: float(scores[average][index]) for average in ("macro", "weighted")}
        result[name] = {"one_vs_all": one_vs_all, **means}
    return result


def _regression(frame: DataFrame, prediction: Column, label: Column) -> dict[Group, Metrics]:
    keys = [groups.key(name) for name in groups.KEYS]
    error = prediction - label
    squared = F.avg(error * error)
    metrics = {
        "mean_squared_error": squared,
        "root_mean_squared_error": F.sqrt(squared),
        "mean_average_error": F.avg(F.abs(error)),
        "mean_absolute_percentage_error": F.avg(F.try_divide(F.abs(error), F.abs(label))),
        # The share of the labels' variance that predictions explain; none where all labels are the same.
        "r2_score": F.lit(1.0) - F.try_divide(squared, F.var_pop(label)),
    }
    rows = frame.groupBy(*keys).agg(*(column.alias(name) for name, column in metrics.items())).collect()
    return {tuple(row[name] for name in keys): {name: row[name] for name in metrics} for row in rows}
