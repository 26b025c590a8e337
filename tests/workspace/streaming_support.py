"""Streaming inference against a gateway and a broker, with a Champion that always says the same.

As a program it makes one pass and kills itself at a point: `python -m tests.workspace.streaming_support REMOTE PASSWORD
POINT`. Look-ups and scoring are batch inference's, which the rehearsal tries with a model that was trained.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from environments import names
from environments.settings import Environment, Model, TableContract, load_environment, load_model
from infra.resources.tables import contracts
from pipelines.inference import champion, kafka, streaming
from pipelines.models import load_code
from pipelines.task import Task
from rehearsal.spark_session import open_session

# Before and after each step of a pass; times, in seconds, are somewhere within.
POINTS = ("before_land", "after_land", "before_write", "after_write", "after_record", "after_send", "1.0", "2.5", "4.0")


def task() -> Task:
    """A task of flight_delay in dev, whose tables are in the schema `f`."""
    model = load_model("flight_delay").model_copy(update={"schema_name": "f"})
    return Task("streaming_inference", load_environment("dev"), model, load_code(model.name), "test", "")


def make_tables(spark: SparkSession, environment: Environment, model: Model) -> None:
    """The tables of streaming inference, as Terraform makes them."""
    streamed = set(names.streaming_tables(environment, model))
    for name, contract in contracts(environment, model).items():
        if name in streamed:
            spark.sql(
                f"CREATE TABLE {name} ({_columns(contract)}) TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')"
            )


def stream(spark: SparkSession, password: str, version: Callable[[], str], folder: Path) -> streaming.Stream:
    """Streaming inference whose Champion of now is the version that is named then."""
    module: Any = streaming
    module.session = lambda: spark
    module.kafka.connection = lambda environment: kafka.options(environment.kafka, password)
    module.champion_of_now = lambda _: SimpleNamespace(version=version())
    module.Champion = SimpleNamespace(fetch=lambda version, _: _Champion(version))
    return streaming.Stream(task(), folder)


class _Champion:
    def __init__(self, version: Any) -> None:
        self.version = version

    def predictions(self, of: Task, observations: DataFrame) -> DataFrame:
        scored = of.code.predictions(observations.withColumn("probability", F.lit(0.7)))
        made = {"model_version": F.lit(self.version.version), "scored_at": F.current_timestamp()}
        return scored.withColumns(made).select(*of.model.predictions.columns)


def _columns(contract: TableContract) -> str:
    return ", ".join(
        f"`{name}` {column.type}{'' if column.nullable else ' NOT NULL'}" for name, column in contract.columns.items()
    )


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _dying(point: str, step: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        if point == f"before_{step}":
            _die()
        done = work(*arguments)
        if point == f"after_{step}":
            _die()
        return done

    return call


def main() -> None:
    """Make one pass, and die within it."""
    remote, password, point = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        passing: Any = stream(open_session(remote), password, lambda: "1", Path(folder))
        for step in ("land", "record", "send"):
            setattr(passing, f"_{step}", _dying(point, step, getattr(passing, f"_{step}")))
        module: Any = streaming
        module.write = _dying(point, "write", champion.write)
        if point[0].isdigit():
            threading.Timer(float(point), _die).start()
        passing.take()
    _die()  # faster than the time that was given


if __name__ == "__main__":
    main()
