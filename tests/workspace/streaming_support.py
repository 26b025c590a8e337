"""Streaming inference against a gateway and a broker, with a Champion that always says the same, and its deaths.

As a program it makes one pass and kills itself at a point: `python -m tests.workspace.streaming_support REMOTE PASSWORD
POINT`. Look-ups and scoring are batch inference's, which the rehearsal tries with a model that was trained.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from databricks.sdk.service.catalog import VolumeInfo, VolumeType
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from bench.streaming_stage import SCHEMA, make_tables, stream, task
from environments import names
from pipelines.inference import champion, streaming
from rehearsal.play import streams
from rehearsal.play.kafka import topics
from rehearsal.play.kafka.broker import Broker
from rehearsal.spark_session import open_session
from rehearsal.workspace.context import Platform
from rehearsal.workspace.identity import bootstrap, principals
from rehearsal.workspace.unity_catalog import volumes
from tests.workspace.spark_support import ALICE, ports, session_of, spark_platform, token_of

TASK = task()
ENVIRONMENT, MODEL = TASK.environment, TASK.model
assert MODEL.streaming and MODEL.streaming.from_topic
SOURCE = names.topic(ENVIRONMENT, MODEL.streaming.from_topic)
PREDICTIONS, REQUESTS, DEAD_LETTERS, _ = names.streaming_tables(ENVIRONMENT, MODEL)
# Before and after each step of a pass; numbers are seconds, somewhere within.
POINTS = ("before_land", "after_land", "before_write", "after_write", "after_record", "after_send", "1.0", "2.5", "4.0")


@dataclass
class Streamed:
    """Where requests are sent and scored, and the keys of all that were sent."""

    platform: Platform
    spark: SparkSession
    broker: Broker
    sent: set[str] = field(default_factory=set)

    def send(self, how_many: int) -> set[str]:
        """So many new flights and one record that is none; the flights' ids."""
        flights = [_flight(len(self.sent) + number) for number in range(how_many)]
        streams.send(self.broker, ENVIRONMENT, MODEL, flights)
        new = {str(flight["flight_id"]) for flight in flights}
        self.sent |= new
        return new

    def pass_that_dies(self, point: str) -> None:
        """Another process makes a pass, and is killed there."""
        remote = self.platform.spark_remote("dev", token_of(self.platform, ALICE))
        command = [sys.executable, "-m", __name__, remote, self.broker.connection_string(), point]
        died = subprocess.run(command, capture_output=True, text=True, check=False)
        assert died.returncode == -signal.SIGKILL, died.stderr

    def stream(self, version: Callable[[], str], folder: Path) -> streaming.Stream:
        """Streaming inference in this process."""
        return stream(self.spark, self.broker.connection_string(), version, constant, folder)

    def require_all_once(self) -> None:
        """Nothing is lost, and nothing is doubled in any table; the topic has every key."""
        predicted = [row.flight_id for row in self.spark.table(PREDICTIONS).select("flight_id").collect()]
        assert len(predicted) == len(self.sent) and set(predicted) == self.sent
        assert streams.predictions(self.broker, ENVIRONMENT, MODEL).keys() == self.sent
        arrived = list(topics.read(self.broker, SOURCE))
        assert self.spark.table(REQUESTS).count() == len(arrived)
        dead = self.spark.table(DEAD_LETTERS).collect()
        assert sorted(row.value for row in dead) == sorted(v for k, v in arrived if k == streams.UNREADABLE[0])
        assert all("expected a JSON object" in row.reason for row in dead)


@contextmanager
def streamed(home: Path) -> Iterator[Streamed]:
    """A gateway, a broker, the tables of streaming inference and its volume."""
    with spark_platform(home) as platform:
        with platform.store.transaction() as tx:
            kind, name = VolumeType.MANAGED, names.CHECKPOINTS
            volume = VolumeInfo(catalog_name="dev", schema_name=SCHEMA, name=name, volume_type=kind)
            volumes.create(tx, principals.load(tx, bootstrap.ADMIN), platform, volume)
        broker = Broker(home, ports().base)
        try:
            broker.start()
            streams.make_topics(broker, ENVIRONMENT, MODEL)
            spark = session_of(platform, ALICE)
            make_tables(spark)
            yield Streamed(platform, spark, broker)
        finally:
            broker.stop()


def constant(observations: DataFrame) -> DataFrame:
    """A Champion that always says the same."""
    return observations.withColumn("probability", F.lit(0.7))


def _flight(number: int) -> dict[str, Any]:
    planned = {"flight_id": f"XX-{number}", "scheduled_departure": "2013-07-01T12:00:00Z", "carrier": "XX"}
    return {**planned, "flight": number, "origin": "JFK", "dest": "LAX", "tailnum": "N1", "distance": 2475.0}


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
        passing: Any = stream(open_session(remote), password, lambda: "1", constant, Path(folder))
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
