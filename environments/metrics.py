"""Kinds of problems, and the numbers by which pipelines judge a model of each; data only."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from environments.strict import NonEmpty, Strict

Problem = Literal["binary", "regression"]

# Which metrics pipelines compute for every model of a problem, and whether more of it is better.
MORE_IS_BETTER: dict[Problem, dict[str, bool]] = {
    "binary": {"roc_auc": True, "average_precision": True, "log_loss": False, "brier": False},
    "regression": {"rmse": False, "mae": False, "r2": True},
}

# Column of what a model says: the probability of the label 1, or the amount.
SCORE: dict[Problem, str] = {"binary": "probability", "regression": "prediction"}


class OwnMetric(Strict):
    """A metric that the model's package computes, in the function of this name in its `METRICS`."""

    description: NonEmpty = Field(description="what it says, and in which unit")
    more_is_better: bool = Field(description="is a greater value the better one")
