"""Does everything add up: what the outside world sent and asked, against what prod's tables say of it.

The tables are read by the data scientist from dev; the outside world has counted for itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from environments import names
from environments.inference_log import BATCH, ENDPOINT, SOURCE, STREAM
from environments.settings import Environment, Model
from rehearsal.play.world import flights
from rehearsal.play.year.feed import File
from rehearsal.play.year.model import Cost, Count


@dataclass
class Sent:
    """What the outside world knows that it did."""

    files: list[File] = field(default_factory=list)
    asked: int = 0
    """Predictions that callers asked the endpoint for, and got."""
    streamed: int = 0
    """Requests that went to the topic, each of another entity."""

    def rows(self, folder: str) -> Counter[str]:
        """Rows of the files of a folder: landed, bad, repeated."""
        mine = [file for file in self.files if file.path.startswith(f"{folder}/")]
        return Counter(
            landed=sum(file.rows for file in mine),
            bad=sum(file.bad_rows for file in mine),
            repeated=sum(file.repeated_rows for file in mine),
        )


def reconcile(spark: SparkSession, environment: Environment, model: Model, sent: Sent) -> list[Count]:
    """All pairs of numbers that have to be the same."""
    return [*_ingested(spark, environment, model, sent), *_logged(spark, environment, model, sent)]


def _ingested(spark: SparkSession, environment: Environment, model: Model, sent: Sent) -> list[Count]:
    ledger = spark.table(names.ledger_table(environment, model))
    quarantine = spark.table(names.quarantine_table(environment, model))
    found: list[Count] = []
    for table, contract in model.sources.tables.items():
        theirs = sent.rows(contract.folder)
        folder = f"{names.landing_path(environment, model)}/{contract.folder}/"
        landed, ingested, quarantined, repeated = (
            ledger.where(F.startswith("path", F.lit(folder)))
            .agg(*(F.sum(f"rows_{what}") for what in ("landed", "ingested", "quarantined", "repeated")))
            .collect()[0]
        )
        rows = spark.table(names.source_table(environment, model, table)).count()
        aside = quarantine.where(F.col("table_name") == names.source_table(environment, model, table)).count()
        found += [
            Count(f"{table}: rows of the files that landed = rows that the ledger knows", theirs["landed"], landed),
            Count(f"{table}: landed = ingested + quarantined + repeated", landed, ingested + quarantined + repeated),
            Count(f"{table}: corrupt rows sent = rows in quarantine", theirs["bad"], aside),
            Count(f"{table}: rows sent, less corrupt and repeated ones = rows of the table", _once(theirs), rows),
        ]
    return found


def _once(rows: Counter[str]) -> int:
    return rows["landed"] - rows["bad"] - rows["repeated"]


def _logged(spark: SparkSession, environment: Environment, model: Model, sent: Sent) -> list[Count]:
    log = spark.table(names.inference_log(environment, model))
    rows = {row[SOURCE]: row["count"] for row in log.groupBy(SOURCE).count().collect()}
    predictions = spark.table(names.prediction_table(environment, model)).count()
    scored = log.where(F.col(SOURCE) == BATCH).select(*model.entity_key).distinct().count()
    known = log.where(F.col(model.label).isNotNull()).count()
    pending = _without_truth(spark, environment, model, log)
    found = [
        Count("predictions that the endpoint was asked for = rows of the log", sent.asked, rows.get(ENDPOINT, 0)),
        Count("entities in the table of predictions = entities of batches in the log", predictions, scored),
        Count("predictions = those with truth + those whose truth nobody knows", log.count(), known + pending),
    ]
    if model.streaming:
        found.append(Count("requests sent to the topic = rows of the log", sent.streamed, rows.get(STREAM, 0)))
    return found


def _without_truth(spark: SparkSession, environment: Environment, model: Model, log: DataFrame) -> int:
    """Predictions of whose entities the label table says nothing, or that there was no outcome."""
    table = spark.table(names.source_table(environment, model, model.label_table))
    known = table.where(flights.HAPPENED).select(*model.entity_key)
    return int(log.join(known, model.entity_key, "left_anti").count())


def costs(spark: SparkSession, environment: Environment, model: Model) -> list[Cost]:
    """What jobs and endpoint took in the year, by the workspace's own table."""
    table = spark.table(names.infrastructure_metrics(environment, model))
    sums = table.groupBy("kind", "name", "currency").agg(
        *(F.sum(name).alias(name) for name in ("requests", "errors", "duration_seconds", "cost"))
    )
    return [
        Cost(row["name"], row["requests"], row["errors"], row["duration_seconds"], row["cost"], row["currency"])
        for row in sums.orderBy("kind", "name").collect()
    ]
