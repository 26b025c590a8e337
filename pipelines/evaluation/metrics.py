"""Numbers that say how good a model's scores are, for all rows and for slices of them. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn import metrics as sklearn_metrics

from environments.metrics import Problem

MetricFunction = Callable[[np.ndarray, np.ndarray], float]


def roc_auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """The area under the ROC curve, of 0 and 1 that are both there: the share of pairs that are in order.

    By ranks, in a fourth of the time that drawing the curve takes (each comparison of two versions needs hundreds):
    Hanley and McNeil 1982, "The meaning and use of the area under a receiver operating characteristic curve".
    """
    positive = labels == 1
    positives = np.count_nonzero(positive)
    pairs = positives * (len(labels) - positives)
    return float((rankdata(scores)[positive].sum() - positives * (positives + 1) / 2) / pairs)


BUILT_IN: dict[Problem, dict[str, MetricFunction]] = {
    "binary": {
        "roc_auc": roc_auc,
        "average_precision": sklearn_metrics.average_precision_score,
        "log_loss": sklearn_metrics.log_loss,
        "brier": sklearn_metrics.brier_score_loss,
    },
    "regression": {
        "rmse": sklearn_metrics.root_mean_squared_error,
        "mae": sklearn_metrics.mean_absolute_error,
        "r2": sklearn_metrics.r2_score,
    },
}


@dataclass(frozen=True)
class Metrics:
    """The metrics of a model: those of its problem and those of its own code."""

    problem: Problem
    own: Mapping[str, MetricFunction] = field(default_factory=dict)

    def function(self, name: str) -> MetricFunction:
        """A metric by its name."""
        return {**BUILT_IN[self.problem], **self.own}[name]

    def one(self, name: str, labels: np.ndarray, scores: np.ndarray) -> float:
        """A metric's value."""
        return float(self.function(name)(labels, scores))

    def all(self, labels: np.ndarray, scores: np.ndarray) -> dict[str, float]:
        """All of them; a binary problem needs both labels among the rows."""
        return {name: self.one(name, labels, scores) for name in (*BUILT_IN[self.problem], *self.own)}

    def judges(self, labels: np.ndarray) -> bool:
        """Can these labels be judged: of a binary problem both are there, of amounts two."""
        return len(np.unique(labels)) >= 2


@dataclass(frozen=True)
class SliceQuality:
    """Quality on the rows where `column` has `value`."""

    column: str
    value: str
    rows: int
    metrics: dict[str, float]


def slice_quality(
    metrics: Metrics, frame: pd.DataFrame, label: str, scores: np.ndarray, columns: Sequence[str], min_rows: int
) -> list[SliceQuality]:
    """Quality of each value of each column that has at least `min_rows` rows that can be judged."""
    found: list[SliceQuality] = []
    labels = frame[label].to_numpy()
    for column in columns:
        for value, positions in sorted(frame.groupby(column, observed=True).indices.items()):
            if len(positions) >= min_rows and metrics.judges(labels[positions]):
                quality = metrics.all(labels[positions], scores[positions])
                found.append(SliceQuality(column, str(value), len(positions), quality))
    return found
