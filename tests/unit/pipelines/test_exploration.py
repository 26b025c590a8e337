"""Exploration: a report that stands alone, and trials whose scripts make them again."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import ModuleType

import mlflow
import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession

from environments.metrics import Problem
from environments.training import Exploration
from pipelines.errors import PipelineError
from pipelines.exploration.baseline import matrices
from pipelines.exploration.profile import report
from pipelines.exploration.recipe import prepare, split_by_time
from pipelines.exploration.record import log_trials, trials_figure
from pipelines.exploration.script import Setting, script
from pipelines.exploration.search import METRIC, Trial, search
from tests.unit.pipelines.mlflow_store import mlflow_store

SETTING = Setting(
    table="rows_of_trial",
    version=3,
    label="late",
    time="leaves",
    keys=["flight_id"],
    numbers=["precip", "distance"],
    categories=["carrier"],
    validation_start=datetime(2013, 3, 1),
    metric=METRIC["binary"],
    experiment="/Understudy/dev-flight_delay",
)
BY_PROBLEM: dict[Problem, Setting] = {
    "binary": SETTING,
    "regression": replace(SETTING, label="delay", metric=METRIC["regression"]),
}


def flights(rows: int = 2000) -> pd.DataFrame:
    """Flights of four months that are late when it rains, more so with one carrier; some rain is not known."""
    random = np.random.default_rng(7)
    precip, carrier = random.normal(size=rows), random.choice(["UA", "B6", "AA"], size=rows)
    delay = precip * 20 + (carrier == "B6") * 10 + random.normal(size=rows) * 10
    return pd.DataFrame(
        {
            "flight_id": [f"f{number}" for number in range(rows)],
            "leaves": pd.date_range("2013-01-01", "2013-04-30", periods=rows).astype("datetime64[us]").floor("s"),
            "precip": np.where(random.random(rows) < 0.1, np.nan, precip),
            "distance": random.integers(100, 3000, size=rows),
            "carrier": carrier,
            "delay": delay,
            "late": (delay > 8).astype("int32"),
        }
    )


class TableVersions:
    """A session to the script: one that has the table at the version that it asks for, and no other."""

    def __init__(self, spark: SparkSession) -> None:
        self.conf, self._spark = spark.conf, spark

    def sql(self, query: str) -> DataFrame:
        assert query == "SELECT * FROM rows_of_trial VERSION AS OF 3"
        return self._spark.table("rows_of_trial")


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[None]:
    """MLflow in a folder."""
    with mlflow_store(tmp_path, SETTING.experiment):
        yield


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("problem", ["binary", pytest.param("regression", marks=pytest.mark.trial)])
def test_each_trials_script_makes_it_again(
    problem: Problem, spark: SparkSession, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setting = BY_PROBLEM[problem]
    spark.createDataFrame(flights()).orderBy("flight_id").createOrReplaceTempView("rows_of_trial")
    rows = spark.table("rows_of_trial").toPandas()
    with mlflow.start_run():
        trials = search(matrices(rows, setting), problem, Exploration(trials=12, seconds=30), seed=11)
        best = log_trials(trials, setting, more_is_better=problem == "binary")
    assert len(trials) == 12
    assert best.value == (max if problem == "binary" else min)(trial.value for trial in trials)
    assert best.value > 0.85 if problem == "binary" else best.value < 15

    runtime = ModuleType("databricks.sdk.runtime")
    monkeypatch.setattr(runtime, "spark", TableVersions(spark), raising=False)
    monkeypatch.setitem(sys.modules, "databricks.sdk.runtime", runtime)
    logged = mlflow.search_runs(filter_string="tags.best != ''", output_format="list")
    assert sorted(run.data.metrics[setting.metric] for run in logged) == sorted(trial.value for trial in trials)
    assert [run.data.metrics[setting.metric] for run in logged if run.data.tags["best"] == "true"] == [best.value]
    for run in logged:
        source = mlflow.artifacts.load_text(f"{run.info.artifact_uri}/trial.py")
        assert source.startswith("# Databricks notebook source\n") and "pipelines" not in source
        names: dict[str, object] = {"__name__": "__main__"}
        exec(compile(source, "trial.py", "exec"), names)
        assert names["value"] == pytest.approx(run.data.metrics[setting.metric], abs=1e-9)
        (again,) = mlflow.search_runs(filter_string=f"tags.trial_of = '{run.info.run_id}'", output_format="list")
        assert again.data.metrics[setting.metric] == names["value"]
        assert f"{setting.metric} {names['value']}" in capsys.readouterr().out


def test_the_split_does_not_depend_on_the_order_of_rows() -> None:
    rows = flights(500)
    train, validation = split_by_time(rows, "leaves", ["flight_id"], pd.Timestamp(SETTING.validation_start))
    again = split_by_time(rows.sample(frac=1, random_state=1), "leaves", ["flight_id"], pd.Timestamp("2013-03-01"))
    pd.testing.assert_frame_equal(train, again[0])
    pd.testing.assert_frame_equal(validation, again[1])
    assert train["leaves"].max() < pd.Timestamp("2013-03-01") <= validation["leaves"].min()


def test_what_is_missing_or_was_never_seen_is_a_number_too() -> None:
    rows = flights(100)
    unknown = rows.assign(carrier="ZZ", precip=np.nan)
    unknown.loc[0, "carrier"] = None
    train, validation = prepare(rows.assign(distance=np.nan), unknown, SETTING.numbers, SETTING.categories)
    assert train.shape[1] == validation.shape[1] == 5
    assert np.isfinite(train).all() and np.isfinite(validation).all()


def test_a_budget_too_small_for_a_trial_is_an_error() -> None:
    rows = matrices(flights(), SETTING)
    with pytest.raises(PipelineError, match=r"setting exploration\.seconds"):
        search(rows, "binary", Exploration.model_construct(trials=0, seconds=5), seed=1)


def test_a_script_says_hyperparameters_as_literals() -> None:
    class Estimator: ...

    Estimator.__module__ = "sklearn.ensemble._forest"
    source = script(Trial(2, Estimator, {"n_estimators": 4, "criterion": "gini"}, 0.75, 1.0), SETTING, "abc")
    assert "from sklearn.ensemble import Estimator\n" in source
    assert "model = Estimator(\n    criterion='gini',\n    n_estimators=4,\n)" in source
    assert "it comes to roc_auc 0.75 again" in source
    compile(source, "trial.py", "exec")


def test_the_picture_shows_the_best_so_far() -> None:
    table = pd.DataFrame({"trial": [0, 1, 2], "estimator": ["a", "b", "a"], "rmse": [3.0, 2.0, 4.0]})
    (axes,) = trials_figure(table, "rmse", more_is_better=False).axes
    assert list(axes.lines[0].get_ydata()) == [3.0, 2.0, 2.0]


def test_the_report_stands_alone() -> None:
    page = report(flights(300), "flights in dev")
    assert "flights in dev" in page and "precip" in page and "carrier" in page
    assert not re.search(r"(src|href)=\"https?://[^\"]+\.(js|css|png|svg)", page)
