"""By what versions are measured, and the rows that they are measured on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Yardstick:
    """A metric: its value for labels and scores, NaN where they cannot be judged, and its direction."""

    metric: str
    value: Callable[[np.ndarray, np.ndarray], float]
    more_is_better: bool

    def of(self, rows: Scored) -> float:
        """The metric of some rows."""
        return self.value(rows.labels, rows.scores)

    def gain(self, champion: float, challenger: float) -> float:
        """How much better the Challenger's value is: above 0 it is the better one, whatever the metric."""
        return challenger - champion if self.more_is_better else champion - challenger


@dataclass(frozen=True)
class Scored:
    """Rows with what is true and what a model said of them, and in which request, if rows came by requests."""

    labels: np.ndarray
    scores: np.ndarray
    requests: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, places: np.ndarray) -> Scored:
        """Some of the rows, or some of them twice."""
        return Scored(self.labels[places], self.scores[places])

    def together(self) -> list[np.ndarray]:
        """The places of the rows that came together; each row alone where nothing is known of requests."""
        if self.requests is None:
            return list(np.arange(len(self)).reshape(-1, 1))
        _, number = np.unique(self.requests, return_inverse=True)
        order = np.argsort(number, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(number[order])) + 1)
