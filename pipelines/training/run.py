"""Training: rows with features as of their event time become a registered model version; its URI is a task value."""

from __future__ import annotations

import mlflow
import numpy as np
import pandas as pd
from pyspark.sql import functions as F

from environments import names
from pipelines.evaluation.held_out import describe
from pipelines.evaluation.metrics import quality, slice_quality
from pipelines.evaluation.plots import quality_figure
from pipelines.features.lookups import with_features
from pipelines.tables import delta_version, read_version, session
from pipelines.task import Task, log, run_stage
from pipelines.training.fit import as_features, fit
from pipelines.training.record import log_inputs, register
from pipelines.training.split import TimeSplit, sample, time_split


def train(task: Task) -> None:
    """Read, fit, measure on held-out rows, log and register."""
    from databricks.sdk.runtime import dbutils

    model, (rows, split, versions) = task.model, _read(task)
    rounds = task.environment.overrides.boosting_rounds or model.training.boosting_rounds
    label_table = names.source_table(task.environment, model, model.label_table)
    mlflow.set_experiment(names.experiment(task.environment, model))
    with mlflow.start_run(run_name=f"train {model.name}", tags={"code_version": task.code_version}) as run:
        times = rows[model.event_time]
        training = rows[times < split.validation_start]
        validation = rows[(times >= split.validation_start) & (times < split.test_start)]
        test = rows[times >= split.test_start]
        counts = {"train_rows": len(training), "validation_rows": len(validation), "test_rows": len(test)}
        mlflow.log_params({**model.training.hyperparameters, "boosting_rounds": rounds, "seed": model.training.seed})
        mlflow.log_params({**counts, **describe(split.test_start, split.test_end, versions[label_table])})
        log_inputs(versions)
        log.info("%s", ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()))
        booster = fit(training, validation, model, rounds)
        _measure(task, test, booster.predict(as_features(test, model)), booster.best_iteration or rounds)
        version = register(task, booster, training)
    uri = f"models:/{version.name}/{version.version}"
    dbutils.jobs.taskValues.set(key="model_uri", value=uri)
    log.info("registered %s from run %s", uri, run.info.run_id)


def _read(task: Task) -> tuple[pd.DataFrame, TimeSplit, dict[str, int]]:
    """The sample in memory, its split by time, and the Delta version of each table that it comes from."""
    spark, model = session(), task.model
    label_table = names.source_table(task.environment, model, model.label_table)
    tables = [label_table, *[names.feature_table(task.environment, model, name) for name in model.feature_tables]]
    versions = {table: delta_version(spark, table) for table in tables}
    labels = read_version(spark, label_table, versions[label_table])
    rows = task.code.labelled(task.code.observations(labels))
    time = F.col(model.event_time)
    span = rows.agg(F.count("*").alias("rows"), F.min(time).alias("oldest"), F.max(time).alias("newest")).toPandas()
    known = span["rows"].iloc[0] > 0
    oldest, newest = (span[name].iloc[0].to_pydatetime() if known else None for name in ("oldest", "newest"))
    split = time_split(oldest, newest, model.training, label_table)
    sampled = sample(rows, model, int(span["rows"].iloc[0]))
    return with_features(task.environment, model, sampled, model.label).toPandas(), split, versions


def _measure(task: Task, test: pd.DataFrame, probabilities: np.ndarray, rounds_used: int) -> None:
    model, labels = task.model, test[task.model.label].to_numpy()
    metrics = quality(labels, probabilities)
    mlflow.log_metrics({**metrics, "rounds_used": rounds_used, "label_rate": float(labels.mean())})
    rules = model.validation
    slices = slice_quality(test, model.label, probabilities, rules.slices, rules.slice_min_rows)
    mlflow.log_metrics({f"{rules.metric}_{one.column}_{one.value}": one.metrics[rules.metric] for one in slices})
    mlflow.log_figure(quality_figure(labels, probabilities), "quality.png")
    log.info("held-out rows: %s", ", ".join(f"{name} {value:.4f}" for name, value in metrics.items()))


def main() -> None:
    """Entry point of the wheel."""
    run_stage("training", train)
