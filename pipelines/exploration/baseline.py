"""Baseline: what AutoML makes of the model's rows, each trial with a script that makes it again and may be edited."""

from __future__ import annotations

import mlflow
import pandas as pd
from databricks.sdk import WorkspaceClient
from pyspark.sql import SparkSession

from environments import names
from environments.metrics import MORE_IS_BETTER
from pipelines.exploration.recipe import prepare, split_by_time
from pipelines.exploration.record import log_trials
from pipelines.exploration.rows import KIND, Explored, explored
from pipelines.exploration.script import Setting
from pipelines.exploration.search import METRIC, Matrices, search
from pipelines.features import origin
from pipelines.features.lookups import feature_columns
from pipelines.tables import delta_version, read_version, session, to_pandas
from pipelines.task import Task, log, run_stage
from pipelines.training.record import log_inputs


def find_baseline(task: Task) -> None:
    """Keep the rows in a table, search, log."""
    spark, model = session(), task.model
    found = explored(task, spark)
    table = names.exploration_table(task.environment, model)
    version = keep(task, spark, found, table)
    metric = METRIC[model.problem]
    setting = Setting(
        table=table,
        version=version,
        label=model.label,
        time=model.event_time,
        keys=list(model.entity_key),
        numbers=[name for name in feature_columns(model) if name not in model.categorical],
        categories=list(model.categorical),
        validation_start=found.split.validation_start,
        metric=metric,
        experiment=names.experiment(task.environment, model),
    )
    rows = to_pandas(read_version(spark, table, version))
    mlflow.set_experiment(setting.experiment)
    tags = {"code_version": task.code_version, "kind": KIND}
    with mlflow.start_run(run_name=f"baseline {model.name}", tags=tags):
        log_inputs({**found.versions, table: version}, context=KIND)
        budget = model.exploration
        mlflow.log_params({"rows": len(rows), **budget.model_dump(), "seed": model.training.seed})
        trials = search(matrices(rows, setting), model.problem, budget, model.training.seed)
        best = log_trials(trials, setting, MORE_IS_BETTER[model.problem][metric])
    log.info("%d trials; the best, %s: %s %.4f", len(trials), best.estimator.__name__, metric, best.value)


def keep(task: Task, spark: SparkSession, found: Explored, table: str) -> int:
    """Write the rows whole, unless the table has them already; the Delta version that has them."""
    workspace = WorkspaceClient()
    sources = {name: origin.at_version(workspace, name, version) for name, version in found.versions.items()}
    made_of = origin.describe(f"{task.code_version} {task.model.exploration.max_rows} rows", sources)
    if not (spark.catalog.tableExists(table) and origin.is_made_of(spark, table, made_of)):
        found.rows.write.mode("overwrite").option("overwriteSchema", "true").saveAsTable(table)
        origin.record(spark, table, made_of)
        log.info("%s: written", table)
    return delta_version(spark, table)


def matrices(rows: pd.DataFrame, setting: Setting) -> Matrices:
    """The rows as a trial's script prepares them."""
    train, validation = split_by_time(rows, setting.time, setting.keys, pd.Timestamp(setting.validation_start))
    train_matrix, validation_matrix = prepare(train, validation, setting.numbers, setting.categories)
    labels = (part[setting.label].to_numpy() for part in (train, validation))
    return Matrices(train_matrix, next(labels), validation_matrix, next(labels))


def main() -> None:
    """Entry point of the wheel."""
    run_stage("baseline", find_baseline)
