"""Which rows train, which stop the training early, and which are held out: by time, as in use. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pyspark.sql import DataFrame

from environments.settings import Model, Training
from pipelines.errors import PipelineError
from pipelines.sampling import thin


@dataclass(frozen=True)
class TimeSplit:
    """Rows before `validation_start` train, rows from `test_start` to `test_end` (included) are held out."""

    validation_start: datetime
    test_start: datetime
    test_end: datetime


def time_split(oldest: datetime | None, newest: datetime | None, training: Training, table: str) -> TimeSplit:
    """The split of a history that reaches from `oldest` to `newest`. Raises PipelineError when it is too short."""
    needed = training.test_days + training.validation_days
    if oldest is None or newest is None:
        raise PipelineError(f"table {table}", "no row with a known label", f"more than {needed} days of them")
    test_start = newest - timedelta(days=training.test_days)
    validation_start = test_start - timedelta(days=training.validation_days)
    if oldest >= validation_start:
        found = f"{(newest - oldest).days} days of history ({oldest:%Y-%m-%d} to {newest:%Y-%m-%d})"
        raise PipelineError(f"table {table}", found, f"more than {needed}, which validation and test take")
    return TimeSplit(validation_start, test_start, newest)


def sample(rows: DataFrame, model: Model, count: int) -> DataFrame:
    """About `training.max_rows` of the rows, the same ones each time: what one machine's memory is declared to hold."""
    return thin(rows, model.entity_key, model.training.max_rows / max(count, 1), model.training.seed)
