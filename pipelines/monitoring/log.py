"""The inference log is brought up to date: predictions made since the last time, then what is known of their truth.

Each source is read from the newest of its predictions in the log, less a day for what was delivered late. All is
merged by a key that is the same however often it is read, so that a repetition changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import reduce

import mlflow
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from environments import names
from environments.inference_log import ID, SOURCE, inference_log, sliced_by
from environments.model import SCORED_AT
from environments.settings import Model
from pipelines.monitoring.reconcile import reconcile
from pipelines.monitoring.sources import EVER, NAMES, made
from pipelines.tables import hour, instant, merge, session
from pipelines.task import Task, log, run_stage

LATE = timedelta(days=1)
KIND = "monitoring"


def write_log(task: Task) -> None:
    """Log what was made, then what turned out true; then both are counted. Raises PipelineError when they differ."""
    spark, model = session(), task.model
    table = names.inference_log(task.environment, model)
    since = {source: hour(moment - LATE) for source, moment in newest(spark.table(table)).items()}
    since = {source: since.get(source, EVER) for source in NAMES}
    found = made(task, spark, since)
    label_table = spark.table(names.source_table(task.environment, model, model.label_table))
    rows = in_context(reduce(DataFrame.unionByName, [one.rows for one in found]), label_table, model)
    log.info("%s: %s", table, merge(spark, table, rows, [ID]))
    truth = task.code.labelled(task.code.observations(label_table))
    began = hour(datetime.now(UTC) - timedelta(days=model.monitoring.truth_days))
    found_out = turned_out(spark.table(table), truth, label_table, model, began)
    log.info("%s, truth: %s", table, merge(spark, table, found_out, [ID]))
    mlflow.set_experiment(names.experiment(task.environment, model))
    tags = {"code_version": task.code_version, "kind": KIND}
    with mlflow.start_run(run_name=f"log {model.name}", tags=tags):
        reconcile(spark.table(table), found, since, model, began)


def newest(logged: DataFrame) -> Mapping[str, datetime]:
    """When each source made the newest of its predictions in the log, UTC."""
    rows = logged.groupBy(SOURCE).agg(F.unix_micros(F.max(SCORED_AT)).alias("at")).collect()
    return {row[SOURCE]: EVER + timedelta(microseconds=row["at"]) for row in rows if row["at"] is not None}


def in_context(rows: DataFrame, label_table: DataFrame, model: Model) -> DataFrame:
    """The rows with what the label table tells of their entities: when the event is, and to which slices it belongs."""
    known = label_table.select(*model.entity_key, F.col(model.event_time).alias("_event"), *sliced_by(model))
    joined = rows.join(known, model.entity_key, "left")
    if model.event_time in rows.columns:
        joined = joined.withColumn(model.event_time, F.coalesce(model.event_time, "_event"))
    return joined.select(*[column for column in inference_log(model).columns if column != model.label])


def turned_out(logged: DataFrame, truth: DataFrame, label_table: DataFrame, model: Model, began: datetime) -> DataFrame:
    """Of the predictions since a moment: id and truth of those of which the log does not say what is known now.

    Truth is null where it is known no more, as a flight is said to have been diverted after all.
    """
    kind = inference_log(model).columns[model.label].type
    known = truth.select(*model.entity_key, F.col(model.label).cast(kind).alias("_truth"))
    waiting = logged.where(F.col(SCORED_AT) >= instant(began)).select(ID, *model.entity_key, model.label)
    changed = waiting.join(known, model.entity_key, "left").where(~F.col("_truth").eqNullSafe(F.col(model.label)))
    there = label_table.select(*model.entity_key)  # what it does not have, it tells nothing of
    return changed.join(there, model.entity_key, "semi").select(ID, F.col("_truth").alias(model.label))


def main() -> None:
    """Entry point of the wheel."""
    run_stage("inference_log", write_log)
