"""Streaming inference by a real broker: deaths, a new Champion, records that are no requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.inference.requests import dead_letters, newest, parsed, requests
from tests.workspace.streaming_support import MODEL, PREDICTIONS, Streamed, streamed


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Streamed]:
    with streamed(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.mark.trial
@pytest.mark.timeout(900)  # a dozen passes and checks, of which a busy machine makes minutes
def test_nothing_is_lost_or_doubled_by_a_death_and_a_new_champion_needs_no_restart(
    stage: Streamed, tmp_path: Path
) -> None:
    stage.send(20)
    stage.pass_that_dies("after_write")  # all is scored, and nothing recorded
    champion = ["1"]
    passing = stage.stream(lambda: champion[0], tmp_path)
    stage.send(20)
    passing.take()
    stage.require_all_once()

    champion[0] = "2"
    later = stage.send(5)
    assert passing.take() and not passing.take()
    stage.require_all_once()
    by_two = stage.spark.table(PREDICTIONS).where("model_version = '2'").select("flight_id").collect()
    assert {row.flight_id for row in by_two} == later


def test_what_is_wrong_with_a_record_is_said(stage: Streamed) -> None:
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
    records = stage.spark.createDataFrame([("t", 0, at, None, value, None) for at, value in enumerate(values)], columns)
    read = parsed(records, contract)
    reasons = {row.offset: row.reason for row in dead_letters(read).collect()}
    assert reasons.keys() == {2, 3, 4, 5}
    assert reasons[2].startswith("found [1], expected a JSON object") and reasons[3].startswith("found no value")
    assert reasons[5] == "column origin: found nothing, expected a value of type string"
    (row,) = newest(requests(read, contract), MODEL.entity_key, "_place").collect()
    assert (row.flight_id, row.dest, row.flight) == ("a", "SFO", 1)
