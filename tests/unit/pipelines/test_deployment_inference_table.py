"""The inference table, read on Spark: every format of a request, who answered, and what does not count."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import IntegerType, StringType, StructField

from pipelines.deployment.inference_table import answered, said, traffic

BEGAN = datetime(2026, 11, 27, 23, 0, tzinfo=UTC)
KEYS = [StructField("flight_id", StringType()), StructField("leg", IntegerType())]
COLUMNS = """
    request_date date, request_time timestamp, databricks_request_id string, client_request_id string,
    status_code int, request string, response string, served_entity_id string, requester string,
    execution_duration_ms bigint
"""
ROWS = [{"flight_id": "UA-1", "leg": 1, "distance": 10.5}, {"flight_id": "UA-2", "leg": 2, "distance": None}]
SPLIT = {"columns": ["leg", "flight_id"], "data": [[1, "UA-1"], [2, "UA-2"]]}
ANSWER = {"predictions": [{"probability": 0.25}, {"probability": 0.5}]}


def payload(
    request: Any = None, response: Any = None, served: str = "a", minutes: float = 1, status: int = 200, **more: str
) -> dict[str, Any]:
    moment = BEGAN + timedelta(minutes=minutes)
    return {
        "request_date": moment.date(),
        "request_time": moment,
        "databricks_request_id": f"{minutes}",
        "client_request_id": more.get("client"),
        "status_code": status,
        "request": request if isinstance(request, str) else json.dumps(request),
        "response": json.dumps(response),
        "served_entity_id": served,
        "requester": more.get("requester", "somebody"),
        "execution_duration_ms": 12,
    }


ASKED = [
    payload(served="a", client="deployment of version 3", requester="jobs", minutes=-600),
    payload(served="b", client="deployment of version 7", requester="jobs"),
]


def table(spark: SparkSession, *payloads: dict[str, Any]) -> DataFrame:
    return spark.createDataFrame([*ASKED, *payloads], COLUMNS)


def scores(spark: SparkSession, *payloads: dict[str, Any]) -> list[tuple[str, str, int, float]]:
    rows = said(answered(table(spark, *payloads), BEGAN, ["jobs"]), KEYS, "probability").collect()
    return sorted((row.served_version, row.flight_id, row.leg, row.score) for row in rows)


@pytest.mark.parametrize(
    "request_body",
    [
        {"dataframe_records": ROWS},
        {"dataframe_split": SPLIT},
        {"dataframe_split": {**SPLIT, "index": [0, 1]}},
        {"instances": ROWS},
        {"inputs": ROWS},
        {"inputs": {"flight_id": ["UA-1", "UA-2"], "leg": [1, 2]}},
    ],
)
def test_every_format_of_a_request(spark: SparkSession, request_body: dict[str, Any]) -> None:
    named, bare = payload(request_body, ANSWER), payload(request_body, {"predictions": [0.25, 0.5]}, served="b")
    assert scores(spark, named, bare) == [
        (version, *answer) for version in ("3", "7") for answer in (("UA-1", 1, 0.25), ("UA-2", 2, 0.5))
    ]


def test_what_does_not_count(spark: SparkSession) -> None:
    good = {"dataframe_records": ROWS[:1]}
    one = {"predictions": [{"probability": 0.25}]}
    nothing = (
        payload(good, one, minutes=-1),
        payload(good, one, status=500),
        payload(good, one, served="of an earlier configuration"),
        payload(good, ANSWER),
        payload("no JSON", one),
        payload({"dataframe_records": [{"leg": 1}]}, one),
        payload({"dataframe_records": [{"flight_id": "UA-1", "leg": "first"}]}, one),
        payload({"inputs": []}, {"predictions": []}),
        payload({"inputs": [[1, 2]]}, one),
        payload({"inputs": "text"}, one),
        payload({"inputs": {}}, one),
        payload({"inputs": {"leg": [1], "flight_id": []}}, one),
        payload({"dataframe_split": {"columns": ["leg", "leg"], "data": [[1, 1]]}}, one),
        payload({"dataframe_split": {"columns": ["leg", "flight_id"], "data": [[1]]}}, one),
        payload({"dataframe_split": {"data": [[1]]}}, one),
        payload(None, None),
    )
    assert scores(spark, *nothing) == []


def test_the_latest_answer_of_each_version_to_each_entity(spark: SparkSession) -> None:
    body = {"dataframe_records": ROWS[:1]}
    answers = [payload(body, {"predictions": [n / 10]}, served, n) for n, served in ((2, "a"), (1, "a"), (3, "b"))]
    assert scores(spark, *answers) == [("3", "UA-1", 1, 0.2), ("7", "UA-1", 1, 0.3)]


def test_who_asks_in_the_name_of_the_jobs_is_not_believed(spark: SparkSession) -> None:
    body, answer = {"dataframe_records": ROWS[:1]}, {"predictions": [0.1]}
    fake = payload(served="c", client="deployment of version 7", requester="somebody")
    assert scores(spark, fake, payload(body, answer, served="c")) == []


def test_requests_and_errors_over_time(spark: SparkSession) -> None:
    requests = answered(
        table(spark, payload(minutes=1), payload(minutes=59, status=500), payload(minutes=90, served="b")),
        BEGAN,
        ["jobs"],
    )
    counted = traffic(requests, BEGAN, BEGAN + timedelta(hours=2), 4).collect()
    assert sorted(tuple(row) for row in counted) == [("3", 0, 1, 0), ("3", 1, 1, 1), ("7", 3, 1, 0)]
