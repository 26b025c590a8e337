"""Fairness: the model errs alike in all groups. Pure functions.

Binary: the greatest difference of the true positive rate between two groups (equal opportunity: Hardt, Price and
Srebro 2016, "Equality of Opportunity in Supervised Learning"). Where the label is rare, hardly any probability is above
a half, and the rate at a half would be zero for everybody. So the rate is that of the rows with the highest scores, as
many as there are labels of 1: what a caller flags who expects the usual share. One bar for all groups, as in use.

Regression: the greatest difference of the mean error (predicted less true) between two groups, as a share of the
label's standard deviation: whom the model overrates, and whom it underrates.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, true_positive_rate

from environments.metrics import Problem
from environments.validation import Fairness
from pipelines.validation.checks import Check

MISSING = "(missing)"
WORDS: dict[Problem, str] = {"binary": "true positive rate", "regression": "mean error in standard deviations"}
Rate = Callable[[np.ndarray, np.ndarray], float]


def fairness_check(problem: Problem, rows: pd.DataFrame, label: str, scores: np.ndarray, rule: Fairness) -> Check:
    """Is the difference between any two groups of enough rows small enough."""
    name, expected = f"fairness_{rule.column}", f"a difference of {WORDS[problem]} of at most {rule.max_difference}"
    labels = rows[label].to_numpy()
    groups = rows[rule.column].astype("string").fillna(MISSING).to_numpy(dtype=str)
    judged = np.isin(groups, _judged(problem, labels, groups, rule.min_rows))
    if len(set(groups[judged])) < 2:
        found = f"fewer than two groups of {rule.min_rows} rows that can be judged: nothing to compare"
        return Check(name, True, found, expected)
    answers, rate = _comparable(problem, labels, scores)
    frame = MetricFrame(metrics=rate, y_true=labels[judged], y_pred=answers[judged], sensitive_features=groups[judged])
    rates, difference = frame.by_group, float(frame.difference(method="between_groups"))
    found = (
        f"{difference:.3f} between {rates.idxmin()} ({rates.min():.3f}) and {rates.idxmax()} ({rates.max():.3f}), "
        f"of {len(rates)} groups"
    )
    return Check(name, difference <= rule.max_difference, found, expected, difference)


def _judged(problem: Problem, labels: np.ndarray, groups: np.ndarray, min_rows: int) -> list[str]:
    """The groups with enough rows; a true positive rate also needs a positive."""
    counts = pd.DataFrame({"group": groups, "positive": labels == 1}).groupby("group")["positive"].agg(["size", "sum"])
    enough = counts["size"] >= min_rows
    if problem == "binary":
        enough &= counts["sum"] > 0
    return [str(group) for group in counts.index[enough]]


def _comparable(problem: Problem, labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, Rate]:
    """What is said of each row, and the function that sums a group of rows up."""
    if problem == "binary":
        bar = np.quantile(scores, 1 - labels.mean())
        return (scores >= bar).astype(int), true_positive_rate
    spread = float(labels.std())
    return scores, lambda true, predicted: float(np.mean(predicted - true)) / spread
