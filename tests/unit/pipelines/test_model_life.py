"""A model is fitted, logged, loaded again, asked and explained: with real LightGBM, scikit-learn and MLflow files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from environments.settings import Model, load_environment
from environments.training import Algorithm, Tuning
from pipelines.errors import PipelineError
from pipelines.evaluation.metrics import Metrics, slice_quality
from pipelines.evaluation.plots import quality_figure
from pipelines.evaluation.versions import LoadedVersion, config_of
from pipelines.features.lookups import Lookups, feature_columns
from pipelines.inference.scoring import score
from pipelines.models import load_code
from pipelines.training import tune
from pipelines.training.algorithms import FITS, Fitted, Rows
from pipelines.training.choose import fit_all, with_rounds
from pipelines.training.explain import explain
from pipelines.training.record import model_config
from pipelines.training.split import time_split
from tests.unit.pipelines.mlflow_store import mlflow_store

METRICS = Metrics("binary", load_code("flight_delay").METRICS)


def flights(model: Model, rows: int = 1500) -> pd.DataFrame:
    """Flights that are late when it rains, more so with one carrier."""
    random = np.random.default_rng(7)
    frame = pd.DataFrame({name: random.normal(size=rows) for name in feature_columns(model)})
    for name, values in {"carrier": ["UA", "B6"], "origin": ["EWR", "JFK"], "dest": ["IAH", "MIA"]}.items():
        frame[name] = random.choice(values, size=rows)
    for name in ("sched_dep_hour", "day_of_week", "month"):
        frame[name] = random.integers(1, 7, size=rows)
    odds = frame["precip"] * 2 + (frame["carrier"] == "B6")
    return frame.assign(late=(random.random(rows) < 1 / (1 + np.exp(-odds))).astype("int32"))


def split(model: Model) -> Rows:
    rows = flights(model)
    return Rows(
        train=rows[:1000],
        validation=rows[1000:],
        features=feature_columns(model),
        categorical=model.categorical,
        label=model.label,
        problem=model.problem,
        seed=1,
    )


def amounts(model: Model) -> Rows:
    """The same rows with an amount to estimate: what rains, and an extra for one carrier."""
    rows = split(model)
    of = {name: frame.assign(late=3 * frame["precip"] + (frame["carrier"] == "B6")) for name, frame in
          (("train", rows.train), ("validation", rows.validation))}  # fmt: skip
    return Rows(**{**vars(rows), **of, "problem": "regression"})


def saved(fitted: Fitted, model: Model, folder: Path, output: str) -> LoadedVersion:
    config = {**model_config(model, Lookups([], [], []), datetime(2013, 3, 1)), "output": output}
    mlflow.pyfunc.save_model(
        folder / "files",
        python_model=str(fitted.scorer),
        artifacts=fitted.save(folder),
        model_config=config,
        pip_requirements=["lightgbm"],
    )
    loaded = mlflow.pyfunc.load_model(str(folder / "files"))
    assert config_of(folder / "files") == config
    return LoadedVersion(loaded, config)


@pytest.mark.parametrize("algorithm", FITS)
@pytest.mark.parametrize("problem", ["binary", "regression"])
def test_the_stored_model_answers_as_the_fitted_one_and_is_good(
    algorithm: Algorithm, problem: str, model: Model, tmp_path: Path
) -> None:
    rows = split(model) if problem == "binary" else amounts(model)
    fitted = FITS[algorithm](rows, {})
    scores = fitted.scores(rows.validation)
    labels = rows.validation[model.label].to_numpy()
    quality = Metrics(rows.problem).all(labels, scores)
    assert quality["roc_auc" if problem == "binary" else "r2"] > 0.7
    loaded = saved(fitted, model, tmp_path, "score")
    assert np.allclose(loaded.scores(rows.validation), scores)
    unknown = rows.validation.head(2).assign(carrier="ZZ", dest=None, temp=None)
    assert np.isfinite(loaded.scores(unknown)).all()
    assert np.isfinite(loaded.scores(rows.validation.drop(columns=["precip", "plane_year"]))).all()


@pytest.mark.parametrize("algorithm", FITS)
def test_contributions_add_up_to_what_the_model_says(algorithm: Algorithm, model: Model) -> None:
    rows = amounts(model)
    fitted = FITS[algorithm](rows, {})
    rest = fitted.scores(rows.validation) - fitted.contributions(rows.validation).sum(axis=1)
    assert np.allclose(rest, rest[0])  # what is left is the mean, the same for each row
    importance, figure = explain(fitted, rows.validation, rows.features, seed=1)
    assert importance.index[0] == "precip"
    assert figure.axes


def test_the_best_of_the_chosen_algorithms_is_kept(model: Model) -> None:
    candidates = fit_all(split(model), {"lightgbm": {"rounds": 1}, "linear": {}}, METRICS, model)
    assert [candidate.algorithm for candidate in candidates] == ["linear", "lightgbm"]
    assert candidates[0].value > candidates[1].value
    assert with_rounds({"lightgbm": {"rounds": 9, "num_leaves": 3}, "linear": {}}, 2) == {
        "lightgbm": {"rounds": 2, "num_leaves": 3},
        "linear": {},
    }


@pytest.mark.parametrize("parallel", [1, 2])
def test_a_search_logs_each_trial_and_starts_from_what_is_known(
    parallel: int, model: Model, spark: SparkSession, tmp_path: Path
) -> None:
    assert model.training.tuning
    tuning = Tuning(search_space=model.training.tuning.search_space, parallel_trials=parallel)
    with mlflow_store(tmp_path, "search"):
        with mlflow.start_run() as run:
            trials = tune.search(spark, split(model), METRICS, model, tuning, trials=4)
        below = f"tags.mlflow.parentRunId = '{run.info.run_id}'"
        found = mlflow.search_runs(search_all_experiments=True, filter_string=below)
    values = [trial.value for trial in trials]
    assert values == sorted(values, reverse=True)
    first = next(trial for trial in trials if trial.number == 0)
    assert {"lightgbm": dict(first.hyperparameters)} == model.training.algorithms
    assert sorted(found["metrics.validation_roc_auc"]) == sorted(values)
    # What the best one says of itself is what prod trains with.
    again = fit_all(split(model), {trials[0].algorithm: trials[0].hyperparameters}, METRICS, model)
    assert again[0].value == pytest.approx(trials[0].value)
    assert tune.as_settings(trials[0]) == {"algorithms": {trials[0].algorithm: dict(trials[0].hyperparameters)}}


def test_spark_workers_score_without_the_wheel(spark: SparkSession, model: Model, tmp_path: Path) -> None:
    rows = split(model)
    fitted = FITS["lightgbm"](rows, {"rounds": 20})
    loaded = saved(fitted, model, tmp_path, "probability")
    some = rows.validation.head(50).assign(flight_id=[str(number) for number in range(50)])
    some.loc[some.index[3], "precip"] = None
    frame = spark.createDataFrame(some.astype({"late": "int"}))
    scored = score(frame, tmp_path / "files", feature_columns(model), "probability").toPandas()
    expected = some.assign(probability=loaded.scores(some)).sort_values("flight_id")
    assert np.allclose(scored.sort_values("flight_id")["probability"], expected["probability"])
    assert list(scored.columns) == [*some.columns, "probability"]
    alone = score(frame, tmp_path / "files", ["precip"], "probability").toPandas()  # Spark hands one input over bare
    expected = some.assign(probability=loaded.scores(some[["precip"]])).sort_values("flight_id")
    assert np.allclose(alone.sort_values("flight_id")["probability"], expected["probability"])


def test_rows_are_scored_once_whatever_is_made_of_the_score(spark: SparkSession, model: Model, tmp_path: Path) -> None:
    rows = split(model)
    saved(FITS["lightgbm"](rows, {"rounds": 2}), model, tmp_path, "probability")
    some = rows.validation.head(5).assign(flight_id="x", scheduled_departure=datetime(2013, 1, 1))
    frame = spark.createDataFrame(some.astype({"late": "int"}))
    scored = score(frame, tmp_path / "files", feature_columns(model), "probability")
    plan = load_code(model.name).predictions(scored)._jdf.queryExecution().executedPlan().toString()
    assert plan.count("ArrowEvalPython ") == 1, plan


def test_metrics_of_ones_own_slices_and_pictures(model: Model) -> None:
    rows = flights(model)
    labels, scores = rows["late"].to_numpy(), 1 / (1 + np.exp(-rows["precip"].to_numpy()))
    quality = METRICS.all(labels, scores)
    missed, false_alarms = ((labels == 1) & (scores < 0.5)).mean(), ((labels == 0) & (scores >= 0.5)).mean()
    assert quality["alarm_cost"] == pytest.approx(5 * missed + false_alarms)
    slices = slice_quality(METRICS, rows, "late", scores, ["carrier", "origin"], min_rows=100)
    assert [(one.column, one.value) for one in slices] == [
        *[("carrier", "B6"), ("carrier", "UA"), ("origin", "EWR"), ("origin", "JFK")]
    ]
    assert sum(one.rows for one in slices) == 2 * len(rows)
    assert slice_quality(METRICS, rows, "late", scores, ["carrier"], min_rows=10_000) == []
    assert len(quality_figure("binary", labels, scores).axes) == 2
    assert len(quality_figure("regression", rows["precip"].to_numpy(), scores).axes) == 2


def test_look_ups_travel_as_plain_data(model: Model) -> None:
    lookups = Lookups.of(load_environment("prod"), model, load_code(model.name).ON_DEMAND)
    assert Lookups.from_config(lookups.as_config()) == lookups
    assert lookups.functions[0].function.startswith("prod.flight_delay.feels_like_")
    assert {"flight_id", "scheduled_departure", "tailnum", "carrier"} <= set(lookups.sent)


def test_a_history_too_short_to_hold_anything_out_is_an_error(model: Model) -> None:
    found = time_split(datetime(2013, 1, 1), datetime(2013, 4, 1), model.training, "flights")
    assert (found.validation_start, found.test_start) == (datetime(2013, 2, 18), datetime(2013, 3, 4))
    with pytest.raises(PipelineError, match="30 days of history"):
        time_split(datetime(2013, 1, 1), datetime(2013, 1, 31), model.training, "flights")
    with pytest.raises(PipelineError, match="no row with a known label"):
        time_split(None, None, model.training, "flights")
