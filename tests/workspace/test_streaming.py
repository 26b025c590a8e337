"""Streaming inference by a real broker: killed at many points, nothing is lost and nothing doubled."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from databricks.sdk.service.catalog import VolumeInfo, VolumeType
from pyspark.sql import SparkSession

from environments import names
from rehearsal.play import streams
from rehearsal.play.kafka import topics
from rehearsal.play.kafka.broker import Broker
from rehearsal.workspace.context import Platform
from rehearsal.workspace.identity import bootstrap, principals
from rehearsal.workspace.unity_catalog import volumes
from tests.workspace.spark_support import ALICE, ports, session_of, spark_platform, token_of
from tests.workspace.streaming_support import POINTS, make_tables, stream, task

TASK = task()
ENVIRONMENT, MODEL = TASK.environment, TASK.model
assert MODEL.streaming
PREDICTIONS = names.streamed_table(ENVIRONMENT, MODEL, MODEL.streaming)
REQUESTS = names.requests_table(ENVIRONMENT, MODEL, MODEL.streaming)
DEAD_LETTERS = names.dead_letters_table(ENVIRONMENT, MODEL, MODEL.streaming)
_numbers = count()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with spark_platform(tmp_path_factory.mktemp("home")) as running:
        with running.store.transaction() as tx:
            volume = VolumeInfo(
                catalog_name="dev", schema_name="f", name=names.CHECKPOINTS, volume_type=VolumeType.MANAGED
            )
            volumes.create(tx, principals.load(tx, bootstrap.ADMIN), running, volume)
        yield running


@pytest.fixture(scope="module")
def broker(platform: Platform) -> Iterator[Broker]:
    running = Broker(platform.home, ports().base)
    try:
        running.start()
        streams.make_topics(running, ENVIRONMENT, MODEL)
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def alice(platform: Platform) -> SparkSession:
    spark = session_of(platform, ALICE)
    make_tables(spark, ENVIRONMENT, MODEL)
    return spark


def _send(broker: Broker, how_many: int) -> set[str]:
    """So many new flights and one record that is none; the flights' ids."""
    flights = [
        {
            "flight_id": f"XX-{number}",
            "scheduled_departure": "2013-07-01T12:00:00Z",
            "carrier": "XX",
            "flight": number,
            "origin": "JFK",
            "dest": "LAX",
            "tailnum": "N1",
            "distance": 2475.0,
        }
        for number, _ in zip(_numbers, range(how_many), strict=False)
    ]
    streams.send(broker, ENVIRONMENT, MODEL, flights)
    return {str(flight["flight_id"]) for flight in flights}


def test_nothing_is_lost_or_doubled_by_deaths_and_a_new_champion_needs_no_restart(
    platform: Platform, alice: SparkSession, broker: Broker, tmp_path: Path
) -> None:
    sent: set[str] = set()
    remote = platform.spark_remote("dev", token_of(platform, ALICE))
    for point in POINTS:
        sent |= _send(broker, 20)
        command = [sys.executable, "-m", "tests.workspace.streaming_support", remote, broker.connection_string(), point]
        died = subprocess.run(command, capture_output=True, text=True, check=False)
        assert died.returncode == -signal.SIGKILL, died.stderr
    champion = ["1"]
    passing = stream(alice, broker.connection_string(), lambda: champion[0], tmp_path)
    passing.take()
    _all_is_there_once(alice, broker, sent)

    champion[0] = "2"
    later = _send(broker, 5)
    assert passing.take() and not passing.take()
    _all_is_there_once(alice, broker, sent | later)
    by_two = alice.table(PREDICTIONS).where("model_version = '2'").select("flight_id").collect()
    assert {row.flight_id for row in by_two} == later


def _all_is_there_once(alice: SparkSession, broker: Broker, sent: set[str]) -> None:
    predicted = [row.flight_id for row in alice.table(PREDICTIONS).select("flight_id").collect()]
    assert len(predicted) == len(sent) and set(predicted) == sent
    assert streams.predictions(broker, ENVIRONMENT, MODEL).keys() == sent
    assert MODEL.streaming and MODEL.streaming.from_topic
    arrived = list(topics.read(broker, names.topic(ENVIRONMENT, MODEL.streaming.from_topic)))
    assert alice.table(REQUESTS).count() == len(arrived)
    wrong = [value for key, value in arrived if key == streams.UNREADABLE[0]]
    dead = alice.table(DEAD_LETTERS).collect()
    assert sorted(row.value for row in dead) == sorted(wrong)
    assert all("expected a JSON object" in row.reason for row in dead)


def test_what_is_wrong_with_a_record_is_said(alice: SparkSession) -> None:
    from pipelines.inference.requests import dead_letters, newest, parsed, requests

    contract = MODEL.sources.tables[MODEL.label_table]
    right = {"flight_id": "a", "scheduled_departure": "2013-07-01T12:00:00Z", "carrier": "XX", "flight": 1}
    right |= {"origin": "JFK", "dest": "LAX"}
    values = [
        json.dumps(right),
        json.dumps(right | {"dest": "SFO", "unknown": 1}),
        "[1]",
        None,
        json.dumps(right | {"flight": "many"}),
        json.dumps({name: value for name, value in right.items() if name != "origin"}),
    ]
    columns = "source string, partition int, offset bigint, sent_at timestamp, value string, arrived_at timestamp"
    records = alice.createDataFrame([("t", 0, at, None, value, None) for at, value in enumerate(values)], columns)
    read = parsed(records, contract)
    reasons = {row.offset: row.reason for row in dead_letters(read).collect()}
    assert reasons.keys() == {2, 3, 4, 5}
    assert reasons[2].startswith("found [1], expected a JSON object") and reasons[3].startswith("found no value")
    assert reasons[5] == "column origin: found nothing, expected a value of type string"
    (row,) = newest(requests(read, contract), MODEL.entity_key, "_place").collect()
    assert (row.flight_id, row.dest, row.flight) == ("a", "SFO", 1)
