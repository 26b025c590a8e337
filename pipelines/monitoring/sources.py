"""Where predictions are made: tables of predictions, and the endpoint's inference table. Each as rows of the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from databricks.sdk import WorkspaceClient
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from environments import names
from environments.inference_log import BATCH, ENDPOINT, ID, LATENCY, REQUEST_ID, SOURCE, STREAM
from environments.metrics import SCORE
from environments.model import MODEL_VERSION, SCORED_AT
from environments.settings import Environment, Model
from pipelines.at_once import at_once
from pipelines.deployment import inference_table
from pipelines.tables import delta_version, instant, read_version
from pipelines.task import Task

EVER = datetime(1970, 1, 1, tzinfo=UTC)
NAMES = (BATCH, STREAM, ENDPOINT)


@dataclass(frozen=True)
class Made:
    """Predictions that a source has made since a moment, as it was at one version of its table."""

    source: str
    rows: DataFrame
    """Columns of the log, less the label and what the label table tells."""
    requests: DataFrame | None = None
    """Of the endpoint: the requests that the rows are of."""


def tables_of(environment: Environment, model: Model) -> dict[str, str]:
    """Full names of the tables that have the columns of the model's predictions, by the source that they are."""
    streamed = {STREAM: names.streamed_table(environment, model, model.streaming)} if model.streaming else {}
    return {BATCH: names.prediction_table(environment, model), **streamed}


def made(task: Task, spark: SparkSession, since: Mapping[str, datetime]) -> list[Made]:
    """What each source has made since its moment (UTC)."""
    scored = tables_of(task.environment, task.model)
    asked = names.inference_table(task.environment, task.model)
    *predictions, payloads = at_once(lambda table: _now(spark, table), [*scored.values(), asked])
    tables = [
        Made(source, of_table(rows, source, task.model, since[source]))
        for source, rows in zip(scored, predictions, strict=True)
    ]
    me = WorkspaceClient().current_user.me()
    requests = of_endpoint(payloads, (str(me.user_name), str(me.id)), since[ENDPOINT])
    label_table = spark.table(names.source_table(task.environment, task.model, task.model.label_table))
    return [*tables, Made(ENDPOINT, of_requests(requests, label_table, task), requests)]


def of_table(predictions: DataFrame, source: str, model: Model, since: datetime) -> DataFrame:
    """Rows of the log of a table of predictions: one for each entity and version, though the table keeps the last."""
    what = F.to_json(F.struct(MODEL_VERSION, *model.predictions.primary_key))
    return predictions.where(F.col(SCORED_AT) >= instant(since)).select(
        F.concat(F.lit(f"{source}:"), F.sha2(what, 256)).alias(ID),
        F.lit(source).alias(SOURCE),
        F.lit(None).cast("string").alias(REQUEST_ID),
        *model.predictions.columns,
        F.lit(None).cast("double").alias(LATENCY),
    )


def of_endpoint(payloads: DataFrame, askers: tuple[str, str], since: datetime) -> DataFrame:
    """Callers' requests since a moment, each once: Databricks delivers some of them twice."""
    requests = inference_table.of_callers(payloads, askers).where(inference_table.since_then(since))
    return requests.dropDuplicates([inference_table.REQUEST_ID])


def of_requests(requests: DataFrame, label_table: DataFrame, task: Task) -> DataFrame:
    """Rows of the log of the endpoint: one for each record of each request that was answered."""
    model = task.model
    known = [label_table.schema[column] for column in (*model.entity_key, model.event_time)]
    score = SCORE[model.problem]
    records = inference_table.records(requests, known, score).withColumnsRenamed(
        {
            inference_table.SCORE_SAID: score,
            inference_table.VERSION: MODEL_VERSION,
            inference_table.REQUEST_ID: REQUEST_ID,
            "request_time": SCORED_AT,
        }
    )
    return task.code.predictions(records).select(
        F.concat_ws(":", F.lit(ENDPOINT), REQUEST_ID, inference_table.PLACE).alias(ID),
        F.lit(ENDPOINT).alias(SOURCE),
        REQUEST_ID,
        *model.predictions.columns,
        F.col(inference_table.DURATION).cast("double").alias(LATENCY),
    )


def _now(spark: SparkSession, table: str) -> DataFrame:
    """The table as it is now, whatever comes to it while it is read more than once."""
    return read_version(spark, table, delta_version(spark, table))
