"""Where streaming inference runs without a deployment: its tables by their contracts, and a Champion that is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from environments import names
from environments.settings import TableContract, load_environment, load_model
from infra.resources.tables import contracts
from pipelines.inference import kafka, streaming
from pipelines.models import load_code
from pipelines.task import Task

SCHEMA = "f"
Scoring = Callable[[DataFrame], DataFrame]
"""Gives observations their probability."""


def task() -> Task:
    """A task of flight_delay in dev, whose tables are in another schema."""
    model = load_model("flight_delay").model_copy(update={"schema_name": SCHEMA})
    return Task("streaming_inference", load_environment("dev"), model, load_code(model.name), "none", "")


def make_tables(spark: SparkSession) -> None:
    """The tables of streaming inference, as Terraform makes them."""
    of = task()
    streamed = set(names.streaming_tables(of.environment, of.model))
    for name, contract in contracts(of.environment, of.model).items():
        if name in streamed:
            spark.sql(
                f"CREATE TABLE {name} ({_columns(contract)}) TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')"
            )


def stream(
    spark: SparkSession, password: str, version: Callable[[], str], score: Scoring, folder: Path
) -> streaming.Stream:
    """Streaming inference whose Champion is the version that is named then, and scores so."""
    module: Any = streaming
    module.session = lambda: spark
    module.kafka.connection = lambda environment: kafka.options(environment.kafka, password)
    module.champion_of_now = lambda _: SimpleNamespace(version=version())
    module.Champion = SimpleNamespace(fetch=lambda version, _: _Champion(version, score))
    return streaming.Stream(task(), folder)


class _Champion:
    def __init__(self, version: Any, score: Scoring) -> None:
        self.version, self._score = version, score

    def predictions(self, of: Task, observations: DataFrame) -> DataFrame:
        made = {"model_version": F.lit(self.version.version), "scored_at": F.current_timestamp()}
        scored = of.code.predictions(self._score(observations))
        return scored.withColumns(made).select(*of.model.predictions.columns)


def _columns(contract: TableContract) -> str:
    return ", ".join(
        f"`{name}` {column.type}{'' if column.nullable else ' NOT NULL'}" for name, column in contract.columns.items()
    )
