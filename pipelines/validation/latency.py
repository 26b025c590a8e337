"""Latency: how long the model takes for one row, on the compute that validates it, look-ups and network apart."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from pipelines.evaluation.versions import LoadedVersion
from pipelines.validation.checks import Check, tried

WARM_UP, REPEATS = 10, 200
SECONDS = 20.0  # a model that takes longer is judged by fewer answers


def latency_check(model: LoadedVersion, rows: pd.DataFrame, most_ms: float) -> Check:
    """Is the 95th percentile of single answers' times short enough."""
    expected = f"at most {most_ms:g} ms for one row"

    def timed() -> Check:
        times = milliseconds(model, rows)
        slow = float(np.percentile(times, 95))
        found = f"{slow:.1f} ms at the 95th percentile of {len(times)} answers"
        return Check("latency", slow <= most_ms, found, expected, slow)

    return tried("latency", expected, timed)


def milliseconds(model: LoadedVersion, rows: pd.DataFrame) -> list[float]:
    """Times of single answers, each of another row as far as there are rows, after some that nobody times."""
    times: list[float] = []
    started = time.perf_counter()
    for number in range(WARM_UP + REPEATS):
        row = rows.iloc[[number % len(rows)]]
        before = time.perf_counter()
        model.scores(row)
        if number >= WARM_UP:
            times.append((time.perf_counter() - before) * 1000)
            if time.perf_counter() - started > SECONDS:
                break
    return times
