"""Latency: how long the model takes for one row, on the compute that validates it, look-ups and network apart."""

from __future__ import annotations

import time
from itertools import cycle

import numpy as np
import pandas as pd

from pipelines.evaluation.versions import LoadedVersion
from pipelines.validation.checks import Check, tried

ROUNDS, REPEATS, WARM_UP = 10, 25, 10
SECONDS = 20.0  # a model that takes longer is judged by fewer answers


def latency_check(model: LoadedVersion, rows: pd.DataFrame, most_ms: float) -> Check:
    """Is the 95th percentile of single answers' times short enough, in the best of some rounds.

    What else runs on the same cores can make a round slower, never faster: the best one tells most of the model.
    """
    expected = f"at most {most_ms:g} ms for one row"

    def timed() -> Check:
        slow = min(float(np.percentile(times, 95)) for times in rounds(model, rows))
        found = f"{slow:.1f} ms at the 95th percentile of single rows"
        return Check("latency", slow <= most_ms, found, expected, slow)

    return tried("latency", expected, timed)


def rounds(model: LoadedVersion, rows: pd.DataFrame) -> list[list[float]]:
    """Milliseconds of single answers, each of another row as far as there are rows, by round."""
    singly = cycle(rows.iloc[[number]] for number in range(min(len(rows), REPEATS)))
    for _ in range(WARM_UP):
        model.scores(next(singly))
    found: list[list[float]] = []
    started = time.perf_counter()
    while len(found) < ROUNDS and (not found or time.perf_counter() - started < SECONDS):
        found.append([_milliseconds(model, next(singly)) for _ in range(REPEATS)])
    return found


def _milliseconds(model: LoadedVersion, row: pd.DataFrame) -> float:
    before = time.perf_counter()
    model.scores(row)
    return (time.perf_counter() - before) * 1000
