"""What started a training, and whether the guard lets it go on."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import mlflow
import pytest
from mlflow import MlflowClient
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from environments import names
from environments.settings import Model, load_environment
from pipelines.models import load_code
from pipelines.registry import TAG_LENGTH
from pipelines.task import Task
from pipelines.training.cause import Cause
from pipelines.training.guard import held_back, last_by_an_alert
from pipelines.training.run import train
from tests.unit.pipelines.mlflow_store import mlflow_store

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
DRIFT = Cause("one_time", "prod-drift", "TRIGGERED", "drift: TRIGGERED, value 0.31, bound 0.25")


@pytest.mark.parametrize(
    ("cause", "trigger", "sentence"),
    [
        (DRIFT, "alert", "alert prod-drift: drift: TRIGGERED, value 0.31, bound 0.25"),
        (Cause("periodic"), "schedule", "its schedule"),
        (Cause("one_time"), "person", "a person"),
        (Cause("one_time", reason="new weather feed"), "person", "a person: new weather feed"),
    ],
)
def test_a_cause_is_told_in_words_and_tags(cause: Cause, trigger: str, sentence: str) -> None:
    assert cause.tags() == {"trigger": trigger, "reason": sentence}
    assert cause.sentence() == sentence


def test_a_long_reason_fits_into_a_tag() -> None:
    assert len(Cause("one_time", "alert", "", "word " * 200).tags()["reason"]) <= TAG_LENGTH


def test_only_alerts_are_held_back_while_it_cools_down_or_traffic_moves() -> None:
    yesterday = NOW - timedelta(days=1)
    for wanted in (Cause("periodic"), Cause("one_time", reason="try again")):
        assert held_back(wanted, yesterday, "3", NOW, WEEK) is None
    assert held_back(DRIFT, None, None, NOW, WEEK) is None
    assert held_back(DRIFT, NOW - WEEK, None, NOW, WEEK) is None
    assert held_back(DRIFT, yesterday, None, NOW, timedelta(0)) is None
    told = held_back(DRIFT, yesterday, None, NOW, WEEK)
    assert told is not None
    assert "of 2026-11-26 12:00 UTC" in told and "before 2026-12-03 12:00 UTC (alert prod-drift)" in told
    assert held_back(Cause("one_time", "prod-drift", "OK"), None, None, NOW, WEEK) == "alert prod-drift is OK"
    assert held_back(Cause("one_time", "prod-drift"), None, None, NOW, WEEK) is None  # its state is not told
    assert held_back(DRIFT, None, "3", NOW, WEEK) == "version 3 is being rolled out (alert prod-drift)"


def test_the_last_training_that_an_alert_started_counts_whatever_became_of_it(tmp_path: Path) -> None:
    with mlflow_store(tmp_path, "trainings"):
        client = MlflowClient()
        assert last_by_an_alert(client, "trainings") is None
        assert last_by_an_alert(client, "no such experiment") is None
        with mlflow.start_run(tags={"kind": "training", **DRIFT.tags()}):
            began = datetime.now(UTC)
        mlflow.end_run("FAILED")
        for tags in (Cause("periodic").tags(), Cause("one_time").tags()):
            with mlflow.start_run(tags={"kind": "training", **tags}):
                time.sleep(0.01)
        with mlflow.start_run(tags={"kind": "validation", "trigger": "alert"}):
            pass
        last = last_by_an_alert(client, "trainings")
        assert last is not None and abs(last - began) < timedelta(seconds=2)


def test_a_training_that_an_alert_started_and_that_cannot_read_counts_too(
    spark: SparkSession, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = ModuleType("databricks.sdk.runtime")
    vars(runtime).update(spark=spark, dbutils=None)
    monkeypatch.setitem(sys.modules, "databricks.sdk.runtime", runtime)
    task = Task("training", load_environment("dev"), model, load_code(model.name), "abc", "", cause=DRIFT)
    experiment = names.experiment(task.environment, model)
    with mlflow_store(tmp_path, experiment):
        with pytest.raises(AnalysisException):  # there is no table
            train(task)
        assert last_by_an_alert(MlflowClient(), experiment) is not None
        (run,) = mlflow.search_runs(experiment_names=[experiment], output_format="list")
        assert run.info.status == "FAILED"
