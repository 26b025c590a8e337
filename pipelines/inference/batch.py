"""Batch inference: the Champion of now scores the last days' rows into the predictions table, each once by its key."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from environments import names
from environments.settings import Model
from pipelines.inference.champion import Champion, champion_of_now, write
from pipelines.tables import session
from pipelines.task import Task, log, run_stage


def infer(task: Task) -> None:
    """Resolve the Champion once, score, merge. A repetition with the same Champion and data changes nothing."""
    spark, model = session(), task.model
    version = champion_of_now(task)
    label_table = spark.table(names.source_table(task.environment, model, model.label_table))
    latest = task.code.observations(newest_days(label_table, model))
    table = names.prediction_table(task.environment, model)
    with tempfile.TemporaryDirectory() as folder:
        predictions = Champion.fetch(version, Path(folder)).predictions(task, latest)
    log.info("%s: %s", table, write(spark, table, predictions, model))


def newest_days(rows: DataFrame, model: Model) -> DataFrame:
    """The rows of the last `batch.window_days` days, counted back from the newest event."""
    newest = rows.agg(F.max(model.event_time).alias("_newest"))
    window = F.col(model.event_time) > F.col("_newest") - F.make_dt_interval(days=F.lit(model.batch.window_days))
    return rows.crossJoin(newest).where(window).drop("_newest")


def main() -> None:
    """Entry point of the wheel."""
    run_stage("batch_inference", infer)
