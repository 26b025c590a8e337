"""How good predictions were, where labels are known: metrics of classification or of regression for each group.

https://learn.microsoft.com/azure/databricks/lakehouse-monitoring/monitor-output#additional-statistics
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from databricks.sdk.service.catalog import MonitorInferenceLog
from databricks.sdk.service.catalog import MonitorInferenceLogProblemType as Problem
from numpy.typing import NDArray

from rehearsal.workspace.monitoring import texts
from rehearsal.workspace.monitoring.groups import Group, Grouping

Metrics = dict[str, Any]
Floats = NDArray[np.float64]


def measured(rows: pa.Table, groupings: Sequence[Grouping], log: MonitorInferenceLog) -> dict[Group, Metrics]:
    """Metrics by group, over the rows that have both a prediction and a label; groups without any are left out."""
    prediction, label = rows[log.prediction_col], rows[log.label_col]
    known = prediction.is_valid().to_numpy() & label.is_valid().to_numpy()
    of: Callable[[Grouping], Iterator[tuple[Group, Metrics]]]
    if log.problem_type == Problem.PROBLEM_TYPE_CLASSIFICATION:
        of = _classification(prediction, label, known)
    else:
        of = _regression(prediction, label, known)
    return {group: metrics for grouping in groupings for group, metrics in of(grouping)}


def _classification(
    prediction: pa.ChunkedArray, label: pa.ChunkedArray, known: NDArray[np.bool_]
) -> Callable[[Grouping], Iterator[tuple[Group, Metrics]]]:
    said, true = texts.coded(prediction), texts.coded(label)

    def of(grouping: Grouping) -> Iterator[tuple[Group, Metrics]]:
        wanted = known & (grouping.codes >= 0)
        shape = (len(grouping.groups), len(said.values), len(true.values))
        cells = np.ravel_multi_index((grouping.codes[wanted], said.codes[wanted], true.codes[wanted]), shape)
        found, counts = np.unique(cells, return_counts=True)
        for index, group in enumerate(grouping.groups):
            first, last = np.searchsorted(found, [index * shape[1] * shape[2], (index + 1) * shape[1] * shape[2]])
            pairs = zip(found[first:last].tolist(), counts[first:last].tolist(), strict=True)
            matrix = []
            for cell, count in pairs:
                guess, truth = divmod(cell % (shape[1] * shape[2]), shape[2])
                matrix.append({"prediction": said.values[guess], "label": true.values[truth], "count": count})
            if matrix:
                yield group, of_confusion(matrix)

    return of


def of_confusion(matrix: list[Metrics]) -> Metrics:
    """Metrics of a classification from its confusion matrix: cells of prediction, label and count.

    A class that was never predicted has precision 0, one that never occurred recall 0:
    https://scikit-learn.org/stable/modules/model_evaluation.html#precision-recall-and-f-measures
    """
    classes = sorted({cell[of] for cell in matrix for of in ("prediction", "label")})
    place = {name: index for index, name in enumerate(classes)}
    hits, guessed, occurred = (np.zeros(len(classes)) for _ in range(3))
    for cell in matrix:
        guessed[place[cell["prediction"]]] += cell["count"]
        occurred[place[cell["label"]]] += cell["count"]
        if cell["prediction"] == cell["label"]:
            hits[place[cell["label"]]] += cell["count"]
    precision, recall = _ratio(hits, guessed), _ratio(hits, occurred)
    scores = {
        "precision": precision,
        "recall": recall,
        "f1_score": _ratio(2 * precision * recall, precision + recall),
    }
    result: Metrics = {
        "accuracy_score": float(hits.sum() / occurred.sum()),
        "confusion_matrix": sorted(matrix, key=lambda cell: (cell["prediction"], cell["label"])),
    }
    for name, score in scores.items():
        result[name] = {
            "one_vs_all": list(zip(classes, score.tolist(), strict=True)),
            "macro": float(score.mean()),
            "weighted": float(score @ occurred / occurred.sum()),
        }
    return result


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _regression(
    prediction: pa.ChunkedArray, label: pa.ChunkedArray, known: NDArray[np.bool_]
) -> Callable[[Grouping], Iterator[tuple[Group, Metrics]]]:
    said, true = (column.cast(pa.float64()).fill_null(0).to_numpy() for column in (prediction, label))

    def of(grouping: Grouping) -> Iterator[tuple[Group, Metrics]]:
        order = np.argsort(grouping.codes, kind="stable")
        order = order[known[order] & (grouping.codes[order] >= 0)]
        ends = np.searchsorted(grouping.codes[order], np.arange(len(grouping.groups)), side="right")
        start = 0
        for group, end in zip(grouping.groups, ends.tolist(), strict=True):
            if end > start:
                yield group, of_errors(said[order[start:end]], true[order[start:end]])
            start = end

    return of


def of_errors(said: Floats, true: Floats) -> Metrics:
    """Metrics of a regression. Labels of 0 are left out of the percentage; R² of labels that are all the same is null.

    https://scikit-learn.org/stable/modules/model_evaluation.html#regression-metrics
    """
    error = said - true
    squared, variance = float((error**2).mean()), float(true.var())
    nonzero = true != 0
    return {
        "mean_squared_error": squared,
        "root_mean_squared_error": squared**0.5,
        "mean_average_error": float(np.abs(error).mean()),
        "mean_absolute_percentage_error": (
            float(np.abs(error[nonzero] / true[nonzero]).mean()) if nonzero.any() else None
        ),
        "r2_score": 1 - squared / variance if variance else None,
    }
