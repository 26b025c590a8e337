"""Monitoring and retraining through staging's deployed jobs: what was asked is logged, measured and readable from dev;
alerts that storm start one training, whose version says why, and none while it cools down.
"""

from __future__ import annotations

import time
from itertools import islice
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.jobs import BaseRun, RunLifeCycleState
from databricks.sdk.service.sql import AlertV2
from pyspark.sql import functions as F

from environments import names
from environments.settings import load_environment, load_model
from rehearsal.play import callers
from rehearsal.play.people import DATA_SCIENTIST
from rehearsal.play.world import MONTHS, callers_of
from tests.rehearsal.checkout import Checkout
from tests.rehearsal.jobs_support import ended, run_job

STAGING, MODEL = load_environment("staging"), load_model("flight_delay")
LOG, ENDPOINT = names.inference_log(STAGING, MODEL), names.endpoint(STAGING, MODEL)
INFRASTRUCTURE = names.infrastructure_metrics(STAGING, MODEL)
DRIFT = names.alert(STAGING, MODEL, "predictions_drift")
REQUESTS, STORM = 12, 3
SETTLED_SECONDS = 5  # requests become rows of the inference table within two
pytestmark = pytest.mark.timeout(1200)


def test_what_was_asked_is_logged_once_with_its_truth_and_people_in_dev_read_it(checkout: Checkout) -> None:
    spark = checkout.spark(DATA_SCIENTIST, "dev")
    boards = list(islice(callers_of(MODEL.name, MONTHS["staging"]), REQUESTS))
    asked = callers.ask(checkout.admin("staging"), ENDPOINT, iter(boards), REQUESTS)
    assert set(asked.statuses) == {200}
    time.sleep(SETTLED_SECONDS)
    assert set(run_job(checkout, STAGING, MODEL, "monitoring").values()) == {"SUCCESS "}
    rows = (
        spark.table(LOG)
        .groupBy("source")
        .agg(
            F.count("*").alias("rows"),
            F.count_distinct("prediction_id").alias("ids"),
            F.count_distinct("request_id").alias("requests"),
            F.count(MODEL.label).alias("known"),
            F.count("latency_ms").alias("timed"),
        )
    )
    found = {row["source"]: row for row in rows.collect()}
    assert found.keys() == {"batch", "endpoint", "stream"}
    for row in found.values():
        assert row["rows"] == row["ids"] and row["known"] > 0
    assert (
        found["batch"]["known"] > 0.8 * found["batch"]["rows"]
    )  # staging has a part of the flights that callers ask of
    asked_of = found["endpoint"]
    assert asked_of["requests"] >= REQUESTS and asked_of["timed"] == asked_of["rows"] >= sum(map(len, boards))
    quality = spark.table(names.profile_metrics(STAGING, MODEL)).where("accuracy_score IS NOT NULL")
    assert {row["slice_value"] for row in quality.where("slice_key = 'source'").collect()} == found.keys()
    took = (
        spark.table(INFRASTRUCTURE)
        .groupBy("kind")
        .agg(
            F.sum("requests").alias("requests"), F.sum("rows_scored").alias("rows_scored"), F.min("cost").alias("cost")
        )
    )
    measured = {row["kind"]: row for row in took.collect()}
    assert measured["endpoint"]["requests"] >= REQUESTS and measured["endpoint"]["rows_scored"] == asked_of["rows"]
    assert measured["job"]["rows_scored"] == found["batch"]["rows"] + found["stream"]["rows"]
    assert measured["job"]["cost"] > 0


class Alerted:
    """The drift alert, made to see what is wrong and to tell it at each evaluation."""

    def __init__(self, client: WorkspaceClient) -> None:
        self.client = client
        job = next(iter(client.jobs.list(name=names.job(STAGING, MODEL, "training"))))
        self.job_id = int(job.job_id or 0)

    def alert(self) -> AlertV2:
        return next(alert for alert in self.client.alerts_v2.list_alerts() if alert.display_name == DRIFT)

    def evaluate(self, value: float) -> str:
        alert = self.alert()
        assert alert.evaluation.notification is not None
        alert.query_text = f"SELECT CAST({value} AS DOUBLE) AS value"
        alert.evaluation.notification.retrigger_seconds = 1
        self.client.alerts_v2.update_alert(str(alert.id), alert, "query_text,evaluation")
        path = f"/api/2.0/understudy/alerts/{alert.id}/evaluate"
        answer: Any = self.client.api_client.do("POST", path)
        return str(answer["evaluation"]["state"])

    def runs(self) -> list[BaseRun]:
        return list(self.client.jobs.list_runs(job_id=self.job_id))

    def run_after(self, before: int) -> list[BaseRun]:
        """The runs, once there are more of them than before."""
        deadline = time.monotonic() + 60
        while len(found := self.runs()) <= before:
            assert time.monotonic() < deadline, "no run was started"
            time.sleep(0.3)
        return found[: len(found) - before]


def test_a_storm_of_alerts_is_one_training_that_says_why_and_then_it_cools_down(checkout: Checkout) -> None:
    client = checkout.admin("staging")
    alerted = Alerted(client)
    before = len(alerted.runs())
    for _ in range(STORM):
        assert alerted.evaluate(0.5) == "TRIGGERED"
        time.sleep(1.5)
    first = alerted.run_after(before)[-1]
    states = ended(client, first.run_id)
    assert {state for task, state in states.items() if task != "proceed"} == {"SUCCESS "}, states
    others = [run for run in alerted.runs()[: -before or None] if run.run_id != first.run_id]
    assert {run.state and run.state.life_cycle_state for run in others} <= {RunLifeCycleState.SKIPPED}

    registered = names.registered_model(STAGING, MODEL)
    version = max(client.model_versions.list(registered), key=lambda one: int(one.version or 0))
    assert f"Trained because of alert {DRIFT}: " in str(version.comment) and "value 0.5" in str(version.comment)

    count = len(alerted.runs())
    time.sleep(1.5)
    assert alerted.evaluate(0.5) == "TRIGGERED"
    held = alerted.run_after(count)[0]
    assert ended(client, held.run_id)["guard"] == "SUCCESS "
    run = client.jobs.get_run(held.run_id)
    assert run.state and run.state.result_state and run.state.result_state.value == "SUCCESS"
    tasks = {task.task_key: task for task in run.tasks or []}
    assert tasks["train"].state and tasks["train"].state.result_state
    assert tasks["train"].state.result_state.value == "EXCLUDED"
    said = client.jobs.get_run_output(int(tasks["guard"].run_id or 0)).logs
    assert "no training: cool-down: an alert started the training of" in str(said)

    count = len(alerted.runs())
    assert alerted.evaluate(0.0) == "OK"
    well = alerted.run_after(count)[0]
    ended(client, well.run_id)
    guard = next(task for task in client.jobs.get_run(well.run_id).tasks or [] if task.task_key == "guard")
    assert f"alert {DRIFT} is OK" in str(client.jobs.get_run_output(int(guard.run_id or 0)).logs)
