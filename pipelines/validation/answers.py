"""Answers: the version says something usable of every row it is asked about."""

from __future__ import annotations

import numpy as np
import pandas as pd

from environments.metrics import Problem
from pipelines.evaluation.versions import LoadedVersion
from pipelines.validation.checks import Check, in_words, tried

WORDS: dict[Problem, str] = {"binary": "a probability", "regression": "a finite number"}


def fault_of(problem: Problem, scores: np.ndarray) -> str:
    """What is wrong with the scores, in words; empty when nothing is."""
    unknown = ~np.isfinite(scores)
    if unknown.any():
        return f"{unknown.sum()} of {len(scores)} answers that are no finite number"
    outside = (scores < 0) | (scores > 1)
    if problem == "binary" and outside.any():
        return f"{outside.sum()} of {len(scores)} answers outside 0 to 1, such as {scores[outside][0]:.4g}"
    return ""


def example_check(model: LoadedVersion, problem: Problem) -> Check:
    """Does the version answer its own input example, which shows people how to ask it."""
    expected = f"an input example that gets {WORDS[problem]} a row"

    def answered() -> Check:
        example = model.model.input_example
        if not isinstance(example, pd.DataFrame) or example.empty:
            return Check("input_example", False, "no example of rows", expected)
        fault = fault_of(problem, model.scores(example))
        return Check("input_example", not fault, fault or f"{len(example)} rows answered", expected)

    return tried("input_example", expected, answered)


def scores_check(model: LoadedVersion, problem: Problem, rows: pd.DataFrame) -> tuple[np.ndarray, Check]:
    """What the version says of the rows, and whether it is usable; no scores where it says nothing."""
    expected, scores = f"{WORDS[problem]} for each held-out row", np.empty(0)
    try:
        scores = model.scores(rows)
    except Exception as error:  # whatever the version's own code raises is the finding
        return scores, Check("scores", False, in_words(error), expected)
    fault = fault_of(problem, scores)
    return scores, Check("scores", not fault, fault or f"{len(rows)} rows answered", expected)
