"""Batch inference: the Champion of now scores the last days' rows into the predictions table, each once by its key."""

from __future__ import annotations

import tempfile
from pathlib import Path

from mlflow import MlflowClient
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from environments import names
from environments.metrics import SCORE
from environments.settings import Model
from pipelines.errors import PipelineError
from pipelines.evaluation.versions import config_of, files_of
from pipelines.features.lookups import Lookups
from pipelines.inference.scoring import score
from pipelines.registry import CHAMPION, uri_of, version_with_alias
from pipelines.tables import merge, session
from pipelines.task import Task, log, run_stage

SCORED_AT = "scored_at"


def infer(task: Task) -> None:
    """Resolve the Champion once, score, merge. A repetition with the same Champion and data changes nothing."""
    spark, model = session(), task.model
    name = names.registered_model(task.environment, model)
    champion = version_with_alias(MlflowClient(), name, CHAMPION)
    if champion is None:
        raise PipelineError(f"model {name}, alias {CHAMPION}", "no version", "one: run the training job first")
    log.info("%s is %s", uri_of(champion), CHAMPION)
    label_table = spark.table(names.source_table(task.environment, model, model.label_table))
    latest = task.code.observations(newest_days(label_table, model))
    table = names.prediction_table(task.environment, model)
    with tempfile.TemporaryDirectory() as folder:
        files = files_of(champion, Path(folder))
        config = config_of(files)
        # The version's own look-ups: settings may have changed since it was trained.
        rows = Lookups.from_config(config["lookups"]).training_set(latest, label=None).load_df()
        scored = score(rows, files, config["features"], SCORE[model.problem])
    predictions = task.code.predictions(scored).withColumns(
        {"model_version": F.lit(str(champion.version)), SCORED_AT: F.current_timestamp()}
    )
    columns = list(model.predictions.columns)
    unchanged = [column for column in columns if column != SCORED_AT]
    merged = merge(spark, table, predictions.select(*columns), model.predictions.primary_key, compare=unchanged)
    log.info("%s: %s", table, merged)


def newest_days(rows: DataFrame, model: Model) -> DataFrame:
    """The rows of the last `batch.window_days` days, counted back from the newest event."""
    newest = rows.agg(F.max(model.event_time).alias("_newest"))
    window = F.col(model.event_time) > F.col("_newest") - F.make_dt_interval(days=F.lit(model.batch.window_days))
    return rows.crossJoin(newest).where(window).drop("_newest")


def main() -> None:
    """Entry point of the wheel."""
    run_stage("batch_inference", infer)
