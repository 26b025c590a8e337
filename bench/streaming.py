"""Streaming inference beside a plain Python consumer with the same model: what both make of a topic, and how soon.

Both read the same JSON records from a real broker and send predictions to another topic; ours keeps records and
predictions in tables besides, each once. Features that look-ups would bring are constants to both. The plain consumer
commits its offsets after it has sent, so that it doubles what it had sent when it dies, and keeps nothing.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd
from confluent_kafka import Consumer, Producer
from databricks.sdk.service.catalog import VolumeInfo, VolumeType
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from bench import scoring_version, streaming_stage
from bench.comparison import Comparison
from environments import names
from pipelines.evaluation.versions import config_of
from pipelines.inference.scoring import score
from pipelines.inference.streaming import Stream
from rehearsal.compute import lifecycle
from rehearsal.play import streams
from rehearsal.play.kafka import topics
from rehearsal.play.kafka.broker import Broker
from rehearsal.spark_session import open_session, stop_sessions
from rehearsal.workspace import processes
from rehearsal.workspace.context import Platform, Ports
from rehearsal.workspace.identity import bootstrap, principals, tokens
from rehearsal.workspace.store import Store
from rehearsal.workspace.unity_catalog import catalogs, schemas, volumes

PORT_BASE = 31_740
RECORDS, SINGLE = 50_000, 8
AT_A_TIME = 10_000  # records that the plain consumer predicts at once
INSTEAD, PLAIN_TOPIC = "a plain Python consumer, same model", "plain-predictions"
_SECONDS = 60.0


@dataclass(frozen=True)
class Stage:
    """All that both ways need."""

    broker: Broker
    passing: Stream
    model: mlflow.pyfunc.PyFuncModel
    features: list[str]
    source: str
    sink: str


def compare(progress: Callable[[str], None]) -> list[Comparison]:
    """Records per second of a topic that is full, and seconds from a record's sending to its prediction's arrival."""
    with tempfile.TemporaryDirectory(prefix="bench-streaming-") as home, _set(Path(home), progress) as stage:
        consumer, sent = _plain_consumer(stage), 0
        rates: list[tuple[float, float]] = []
        for turn in range(2):  # the first warms up
            progress(f"streaming: {RECORDS:,} records, turn {turn + 1} of 2")
            topics.send(stage.broker, stage.source, map(_record, range(sent, sent + RECORDS)))
            sent += RECORDS
            rates.append((_rate(stage.passing.take), _rate(lambda: _consume(stage, consumer, RECORDS))))
        consumer.close()  # else it would keep half of the partitions
        progress("streaming: one record at a time")
        soon = [_latencies(stage, sink, sent + at * SINGLE) for at, sink in enumerate((stage.sink, PLAIN_TOPIC))]
        ours, theirs = rates[-1]
        median = [statistics.median(seconds) for seconds in soon]
        return [
            Comparison(f"{RECORDS:,} records to predictions", "records/s", ours, INSTEAD, theirs),
            Comparison("sent to predicted, median", "s", median[0], INSTEAD, median[1]),
            Comparison("sent to predicted, most", "s", max(soon[0]), INSTEAD, max(soon[1])),
        ]


def _rate(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return RECORDS / (time.perf_counter() - began)


def _latencies(stage: Stage, sink: str, first: int) -> list[float]:
    """Of records that are sent one after the other while a way listens."""
    consumer, stopped = _plain_consumer(stage) if sink == PLAIN_TOPIC else None, threading.Event()

    def listen() -> None:
        while not stopped.is_set():
            if consumer is None:
                stage.passing.take()
            else:
                _consume(stage, consumer, 1, 0.1)

    reader = _reader(stage, sink)
    listening = threading.Thread(target=listen)
    listening.start()
    try:
        return [_latency(stage, reader, number) for number in range(first, first + SINGLE)]
    finally:
        stopped.set()
        listening.join()
        if consumer is not None:
            consumer.close()
        reader.close()


def _latency(stage: Stage, reader: Consumer, number: int) -> float:
    key, value = _record(number)
    began = time.perf_counter()
    topics.send(stage.broker, stage.source, [(key, value)])
    while time.perf_counter() - began < _SECONDS:
        message = reader.poll(0.05)
        if message is not None and message.error() is None and message.key() == key.encode():
            return time.perf_counter() - began
    raise TimeoutError(f"no prediction of {key} within {_SECONDS:.0f} s")


def _reader(stage: Stage, topic: str) -> Consumer:
    """A reader that begins at the topic's end, and stands there when this returns."""
    settings = {**stage.broker.client_settings(), "group.id": f"reader-{topic}", "auto.offset.reset": "latest"}
    reader = Consumer(settings)
    reader.subscribe([topic])
    while not reader.assignment():
        reader.poll(0.1)
    return reader


def _plain_consumer(stage: Stage) -> Consumer:
    settings = {**stage.broker.client_settings(), "group.id": "plain", "enable.auto.commit": False}
    consumer = Consumer({**settings, "auto.offset.reset": "earliest"})
    consumer.subscribe([stage.source])
    return consumer


def _consume(stage: Stage, consumer: Consumer, records: int, patience: float = 1.0) -> None:
    """What one would write by hand: read, predict, send, commit."""
    producer, left = Producer({**stage.broker.client_settings(), "linger.ms": 5}), records
    while left > 0:
        messages = consumer.consume(min(AT_A_TIME, left), patience)
        if not messages:
            if records == 1:
                return
            continue
        rows = pd.DataFrame([json.loads(message.value() or b"") for message in messages])
        departure = pd.to_datetime(rows["scheduled_departure"]).dt.tz_convert("America/New_York")
        known = {"sched_dep_hour": departure.dt.hour, "month": departure.dt.month}
        known["day_of_week"] = (departure.dt.dayofweek + 1) % 7 + 1
        rows = rows.assign(**known)
        inputs = pd.DataFrame({name: rows.get(name, 1.0) for name in stage.features})
        for key, said in zip(rows["flight_id"], stage.model.predict(inputs)["probability"], strict=True):
            producer.produce(PLAIN_TOPIC, json.dumps({"flight_id": key, "probability_late": said}), key)
            producer.poll(0)
        producer.flush()
        consumer.commit(asynchronous=False)
        left -= len(messages)


def _record(number: int) -> tuple[str, str]:
    flight: Mapping[str, Any] = {
        "flight_id": f"c{number % 16}-{number}",
        "scheduled_departure": f"2013-07-{number % 28 + 1:02}T{number % 24:02}:00:00Z",
        "carrier": f"c{number % 16}",
        "flight": number,
        "origin": f"c{number % 3}",
        "dest": f"c{number % 100}",
        "distance": float(number % 3000),
    }
    return str(flight["flight_id"]), json.dumps(flight)


@contextmanager
def _set(home: Path, progress: Callable[[str], None]) -> Iterator[Stage]:
    progress("streaming: fitting the model; Spark and Kafka start")
    files = scoring_version.save_version(home)
    features = list(config_of(files)["features"])
    platform = Platform(home, Store(home / "state.sqlite"), Ports(PORT_BASE))
    of, broker = streaming_stage.task(), Broker(home, PORT_BASE)
    with platform.store.transaction() as tx:
        bootstrap.bootstrap(tx)
        admin = principals.load(tx, bootstrap.ADMIN)
        catalogs.create(tx, admin, {"name": "dev"})
        schemas.create(tx, admin, {"catalog_name": "dev", "name": streaming_stage.SCHEMA})
        kind, name = VolumeType.MANAGED, names.CHECKPOINTS
        volume = VolumeInfo(catalog_name="dev", schema_name=streaming_stage.SCHEMA, name=name, volume_type=kind)
        volumes.create(tx, admin, platform, volume)
        token = tokens.issue(tx, bootstrap.ADMIN, 3600, "bench")
    try:
        broker.start()
        processes.start(platform)
        lifecycle.start(platform)
        streams.make_topics(broker, of.environment, of.model)
        topics.make(broker, PLAIN_TOPIC)
        spark = open_session(platform.spark_remote("dev", token))
        streaming_stage.make_tables(spark)

        def scoring(rows: DataFrame) -> DataFrame:
            filled = rows.withColumns({name: F.lit(1.0) for name in features if name not in rows.columns})
            return score(filled, files, features, "probability")

        passing = streaming_stage.stream(spark, broker.connection_string(), lambda: "1", scoring, home)
        assert of.model.streaming and of.model.streaming.from_topic and of.model.streaming.to_topic
        source, sink = of.model.streaming.from_topic, of.model.streaming.to_topic
        named = [names.topic(of.environment, topic) for topic in (source, sink)]
        yield Stage(broker, passing, mlflow.pyfunc.load_model(str(files)), features, *named)
        stop_sessions()
    finally:
        lifecycle.stop()
        processes.stop()
        broker.stop()
