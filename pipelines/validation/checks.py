"""What a check is: one requirement of a model version, and whether the version meets it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from environments.settings import Model

MOST_WORDS = 400  # characters of an error that are told; the rest of it is in the task's log


@dataclass(frozen=True)
class Check:
    """One requirement and whether the version meets it."""

    name: str
    passed: bool
    found: str
    expected: str
    value: float | None = None
    """The number that was compared, if there is one; it is logged as a metric of the check's name."""
    ran: bool = True
    """False when another check had to pass first."""

    def __str__(self) -> str:
        verdict = "passed" if self.passed else "failed"
        return f"{self.name} {verdict}: found {self.found}, expected {self.expected}"


@dataclass(frozen=True)
class Subject:
    """What a check of the model's own gets: the settings, held-out rows with features and label, and their scores."""

    model: Model
    rows: pd.DataFrame
    scores: np.ndarray


def in_words(error: Exception) -> str:
    """An error on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:MOST_WORDS]


def tried(name: str, expected: str, work: Callable[[], Check]) -> Check:
    """The check; what its work raises is a finding about the version, not an end of the stage."""
    try:
        return work()
    except Exception as error:  # the version's own code runs here, and may raise whatever it likes
        return Check(name, False, in_words(error), expected)


def not_run(names: Sequence[str], because: Check) -> list[Check]:
    """Checks that need what another one did not find. They fail, too: nobody knows whether the version meets them."""
    expected = f"{because.name} to pass first"
    return [Check(name, False, "nothing, as it was not run", expected, ran=False) for name in names]
