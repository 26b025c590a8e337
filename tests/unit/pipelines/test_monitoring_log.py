"""Rows of the inference log on Spark: of tables of predictions, of requests; their truth; what must add up."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from environments.inference_log import ID, SOURCE, inference_log
from environments.settings import Model, load_environment
from pipelines.deployment.inference_table import counted
from pipelines.models import load_code
from pipelines.monitoring.log import in_context, newest, turned_out
from pipelines.monitoring.reconcile import COUNTS, of_sources, of_truth, problems
from pipelines.monitoring.sources import EVER, of_endpoint, of_requests, of_table
from pipelines.task import Task

NOON = datetime(2026, 11, 27, 12, 0)
LEAVES = datetime(2013, 6, 1, 10, 0)
JOBS = ("jobs", "7")
PREDICTIONS = """
    flight_id string, scheduled_departure timestamp, probability_late double, predicted_late boolean,
    model_version string, scored_at timestamp
"""
PAYLOADS = """
    request_date date, request_time timestamp, databricks_request_id string, client_request_id string,
    status_code int, request string, response string, served_entity_id string, requester string,
    execution_duration_ms bigint
"""
LABELS = "flight_id string, scheduled_departure timestamp, origin string, arr_delay double"


@pytest.fixture
def task(model: Model) -> Task:
    return Task("log", load_environment("staging"), model, load_code(model.name), "test", "")


def predictions(spark: SparkSession, version: str = "1", hour: int = 0) -> DataFrame:
    rows = [(f"F{n}", LEAVES, n / 4, n >= 2, version, NOON + timedelta(hours=hour + n)) for n in range(4)]
    return spark.createDataFrame(rows, PREDICTIONS)


def payload(request_id: str, *flights: str, status: int = 200, answers: int | None = None, **more: Any) -> Any:
    records = [{"flight_id": flight, "scheduled_departure": LEAVES.isoformat()} for flight in flights]
    said = {"predictions": [0.75] * (len(flights) if answers is None else answers)}
    client, served = more.get("client"), more.get("served", "a")
    return (
        NOON.date(), NOON, request_id, client, status, json.dumps({"dataframe_records": records}), json.dumps(said),
        served, more.get("requester", "somebody"), 12,
    )  # fmt: skip


def payloads(spark: SparkSession, *rows: Any) -> DataFrame:
    known = payload("0", "F0", client="deployment of version 3", requester="jobs")
    return spark.createDataFrame([known, *rows], PAYLOADS)


def labels(spark: SparkSession, delay: float | None = 20.0) -> DataFrame:
    rows = [("F0", LEAVES, "JFK", delay), ("F1", LEAVES, "EWR", -3.0), ("F2", LEAVES, "EWR", None)]
    return spark.createDataFrame(rows, LABELS)


def ids(rows: DataFrame) -> set[str]:
    return {row[ID] for row in rows.select(ID).collect()}


def test_an_entity_has_a_row_for_each_version_and_the_same_one_each_time(spark: SparkSession, model: Model) -> None:
    first = of_table(predictions(spark), "batch", model, EVER)
    again = of_table(predictions(spark, hour=9), "batch", model, EVER)
    another = of_table(predictions(spark, version="2"), "batch", model, EVER)
    assert len(ids(first)) == 4 and ids(first) == ids(again) and not ids(first) & ids(another)
    late = of_table(predictions(spark), "batch", model, (NOON + timedelta(hours=2)).replace(tzinfo=UTC))
    assert {row.flight_id for row in late.collect()} == {"F2", "F3"}


def test_each_record_of_an_answered_request_is_a_prediction(spark: SparkSession, task: Task) -> None:
    table = payloads(
        spark,
        payload("1", "F0", "F1"),
        payload("1", "F0", "F1"),
        payload("2", "F0", served="not known yet"),
        payload("3", "F0", status=500),
        payload("4", "F0", answers=2),
    )
    requests = of_endpoint(table, JOBS, EVER)
    rows = of_requests(requests, labels(spark), task)
    found = {
        row[ID]: (row.flight_id, row.model_version, row.predicted_late, row.latency_ms, row.scheduled_departure)
        for row in rows.collect()
    }
    assert found == {
        "endpoint:1:0": ("F0", "3", True, 12.0, LEAVES),
        "endpoint:1:1": ("F1", "3", True, 12.0, LEAVES),
        "endpoint:2:0": ("F0", None, True, 12.0, LEAVES),
    }
    assert counted(requests).collect()[0].asDict() == {"requests": 4, "records": 3, "unreadable": 1}


def test_what_sources_made_is_held_against_the_log(spark: SparkSession, model: Model) -> None:
    made = [of_table(predictions(spark), source, model, EVER) for source in ("batch", "stream")]
    logged = made[0].where("flight_id != 'F3'").unionByName(made[1]).unionByName(made[1].where("flight_id = 'F0'"))
    found = {row[SOURCE]: {name: row[name] for name in COUNTS} for row in of_sources(made, logged).collect()}
    assert found == {
        "batch": {"made": 4, "logged": 3, "missing": 1, "doubled": 0},
        "stream": {"made": 4, "logged": 5, "missing": 0, "doubled": 1},
    }
    assert [problems(source, counts) for source, counts in found.items()] == [
        ["1 of batch missing"],
        ["1 of stream doubled"],
    ]
    asked = {"made": 3, "logged": 3, "missing": 0, "doubled": 0, "requests": 4, "records": 3}
    assert problems("endpoint", asked) == []
    assert problems("endpoint", {**asked, "logged": 2}) == ["2 rows of 3 records of endpoint"]


def test_rows_have_the_logs_columns_and_the_slices_of_the_label_table(spark: SparkSession, task: Task) -> None:
    model = task.model
    tables = of_table(predictions(spark), "batch", model, EVER)
    asked = of_requests(of_endpoint(payloads(spark, payload("1", "F1", "F9")), JOBS, EVER), labels(spark), task)
    rows = in_context(tables.unionByName(asked), labels(spark), model)
    contract = inference_log(model).columns
    assert dict(rows.dtypes) == {name: column.type for name, column in contract.items() if name != model.label}
    origins = {(row.source, row.flight_id): row.origin for row in rows.collect()}
    assert origins["batch", "F0"] == "JFK" and origins["endpoint", "F1"] == "EWR"
    assert origins["endpoint", "F9"] is None and len(origins) == 6


def test_truth_comes_late_and_may_be_corrected_or_withdrawn(spark: SparkSession, task: Task) -> None:
    model, code = task.model, task.code
    rows = in_context(of_table(predictions(spark), "batch", model, EVER), labels(spark), model)
    pending = rows.selectExpr("*", "cast(null as boolean) late")

    def truth(delay: float | None, logged: DataFrame, began: datetime = EVER) -> dict[str, bool | None]:
        table = labels(spark, delay)
        known = code.labelled(code.observations(table))
        by_id = {row[ID]: row.flight_id for row in pending.collect()}
        return {by_id[row[ID]]: row.late for row in turned_out(logged, known, table, model, began).collect()}

    assert truth(None, pending) == {"F1": False}
    assert truth(20.0, pending) == {"F0": True, "F1": False}
    known = rows.selectExpr("*", "case flight_id when 'F0' then true when 'F1' then false end late")
    assert truth(20.0, known) == {} and truth(3.0, known) == {"F0": False}
    assert truth(None, known) == {"F0": None}
    of_no_flight = rows.where("flight_id = 'F3'").selectExpr("*", "true late")  # the label table does not have it
    assert truth(20.0, of_no_flight) == {}
    assert truth(20.0, pending, (NOON + timedelta(hours=1)).replace(tzinfo=UTC)) == {"F1": False}
    assert of_truth(known, model).collect()[0].asDict() == {"predictions": 4, "with_truth": 2, "pending": 2}


def test_where_each_source_stands(spark: SparkSession, model: Model) -> None:
    logged = of_table(predictions(spark), "batch", model, EVER)
    assert newest(logged) == {"batch": (NOON + timedelta(hours=3)).replace(tzinfo=UTC)}
    assert newest(logged.where("false")) == {}
