"""Which model is kept: each of the chosen algorithms is fitted, and the best on the validation rows wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from environments.settings import Model
from environments.training import Algorithm
from pipelines.evaluation.metrics import Metrics
from pipelines.training.algorithms import FITS, Fitted, Rows
from pipelines.training.algorithms.fitted import Hyperparameters


@dataclass(frozen=True)
class Candidate:
    """A fitted algorithm and its metric on the validation rows."""

    algorithm: Algorithm
    hyperparameters: Hyperparameters
    fitted: Fitted
    value: float


def fit_all(
    rows: Rows, algorithms: Mapping[Algorithm, Hyperparameters], metrics: Metrics, model: Model
) -> list[Candidate]:
    """Every algorithm with its hyperparameters, the best first."""
    candidates = []
    for algorithm, hyperparameters in algorithms.items():
        fitted = FITS[algorithm](rows, hyperparameters)
        value = validation_value(fitted, rows, metrics, model)
        candidates.append(Candidate(algorithm, hyperparameters, fitted, value))
    sign = -1 if model.more_is_better(model.training.metric) else 1
    return sorted(candidates, key=lambda candidate: sign * candidate.value)


def validation_value(fitted: Fitted, rows: Rows, metrics: Metrics, model: Model) -> float:
    """The metric by which algorithms and trials are compared."""
    labels = np.asarray(rows.validation[rows.label])
    return metrics.one(model.training.metric, labels, fitted.scores(rows.validation))


def with_rounds(
    algorithms: Mapping[Algorithm, Hyperparameters], rounds: int | None
) -> dict[Algorithm, Hyperparameters]:
    """The algorithms with an environment's number of trees in place of their own."""
    if rounds is None:
        return dict(algorithms)
    return {
        algorithm: {**chosen, "rounds": rounds} if algorithm == "lightgbm" else chosen
        for algorithm, chosen in algorithms.items()
    }
