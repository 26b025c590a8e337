"""What every algorithm takes and gives. It names nothing of the rest of the wheel: Spark's workers run it, too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from environments.metrics import Problem

Hyperparameters = Mapping[str, float | int | str]


@dataclass(frozen=True)
class Rows:
    """Rows to fit and rows to stop by, in memory, and what their columns are."""

    train: pd.DataFrame
    validation: pd.DataFrame
    features: list[str]
    categorical: list[str]
    label: str
    problem: Problem
    seed: int


class Fitted(Protocol):
    """A fitted model, and how it is kept."""

    @property
    def scorer(self) -> Path:
        """The file of the scorer's code, which MLflow stores with the model."""

    def scores(self, frame: pd.DataFrame) -> np.ndarray:
        """The probability of the label 1, or the amount, of each row."""

    def contributions(self, frame: pd.DataFrame) -> np.ndarray:
        """SHAP values, rows by features: log-odds (binary) or units of the label."""

    def facts(self) -> dict[str, float]:
        """What fitting found out, to be logged as metrics."""

    def save(self, folder: Path) -> dict[str, str]:
        """Write its files; their paths by the names that the scorer knows them by."""


Fit = Callable[[Rows, Hyperparameters], Fitted]
