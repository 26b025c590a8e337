"""Numbers that say how good probabilities are, for all rows and for slices of them. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score


@dataclass(frozen=True)
class SliceQuality:
    """Quality on the rows where `column` has `value`."""

    column: str
    value: str
    rows: int
    metrics: dict[str, float]


def quality(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """The metrics of a binary classifier; needs both labels among the rows."""
    return {
        "roc_auc": float(roc_auc_score(labels, probabilities)),
        "average_precision": float(average_precision_score(labels, probabilities)),
        "log_loss": float(log_loss(labels, probabilities)),
        "brier": float(brier_score_loss(labels, probabilities)),
    }


def slice_quality(
    frame: pd.DataFrame, label: str, probabilities: np.ndarray, columns: Sequence[str], min_rows: int
) -> list[SliceQuality]:
    """Quality of each value of each column that has at least `min_rows` rows and both labels among them."""
    found: list[SliceQuality] = []
    labels = frame[label].to_numpy()
    for column in columns:
        for value, positions in sorted(frame.groupby(column, observed=True).indices.items()):
            if len(positions) >= min_rows and len(np.unique(labels[positions])) == 2:
                metrics = quality(labels[positions], probabilities[positions])
                found.append(SliceQuality(column, str(value), len(positions), metrics))
    return found
