"""A model is fitted, logged, loaded again, asked and judged: with real LightGBM and real MLflow files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import PyFuncModel
from pyspark.sql import SparkSession

from environments.settings import Model
from pipelines.errors import PipelineError
from pipelines.evaluation.metrics import quality, slice_quality
from pipelines.evaluation.plots import quality_figure
from pipelines.evaluation.scores import probabilities
from pipelines.features.lookups import feature_columns
from pipelines.inference.scoring import score
from pipelines.training import scorer
from pipelines.training.fit import as_features, fit
from pipelines.training.signature import example, signature
from pipelines.training.split import time_split
from pipelines.validation.answers import example_check, load_check, signature_check


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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from environments.settings import load_model

    model, path = load_model("flight_delay"), tmp_path_factory.mktemp("model")
    rows = flights(model)
    booster = fit(rows[:1000], rows[1000:1250], model, rounds=30)
    (path / "booster.txt").write_text(booster.model_to_string())
    mlflow.pyfunc.save_model(
        path / "files",
        python_model=str(Path(scorer.__file__)),
        artifacts={"booster": str(path / "booster.txt")},
        model_config={"features": feature_columns(model), "categorical": model.categorical},
        signature=signature(rows, model),
        input_example=example(rows, model),
        pip_requirements=["lightgbm"],
    )
    np.save(path / "expected.npy", booster.predict(as_features(rows, model)))
    return path


@pytest.fixture(scope="module")
def loaded(folder: Path) -> PyFuncModel:
    return mlflow.pyfunc.load_model(str(folder / "files"))


def test_the_stored_model_answers_as_the_booster_did(folder: Path, loaded: PyFuncModel, model: Model) -> None:
    rows = flights(model)
    scores = probabilities(loaded, rows)
    assert np.allclose(scores, np.load(folder / "expected.npy"))
    assert quality(rows["late"].to_numpy()[1250:], scores[1250:])["roc_auc"] > 0.75


def test_a_request_without_looked_up_features_or_of_an_unknown_carrier_is_answered(
    loaded: PyFuncModel, model: Model
) -> None:
    request = flights(model)[model.request_features].head(2).assign(carrier="ZZ")
    assert loaded.predict(request)["probability"].between(0, 1).all()


@pytest.mark.parametrize("change", [{"distance": "far"}, {"carrier": 5}, {"month": "May"}])
def test_a_wrong_type_is_an_error(loaded: PyFuncModel, model: Model, change: dict[str, object]) -> None:
    with pytest.raises(MlflowException, match=next(iter(change))):
        loaded.predict(flights(model)[model.request_features].head(2).assign(**change))


def test_a_request_without_a_required_column_is_an_error(loaded: PyFuncModel, model: Model) -> None:
    with pytest.raises(MlflowException, match="origin"):
        loaded.predict(flights(model)[model.request_features].drop(columns="origin").head(2))


def test_checks_of_files(folder: Path, loaded: PyFuncModel) -> None:
    assert signature_check(loaded).passed
    assert example_check(loaded).passed
    assert load_check(str(folder / "files"))[1].passed
    missing, check = load_check(str(folder / "nowhere"))
    assert missing is None
    assert not check.passed


def test_spark_workers_score_without_the_wheel(
    folder: Path, spark: SparkSession, model: Model, loaded: PyFuncModel
) -> None:
    rows = flights(model, 50).assign(flight_id=[str(number) for number in range(50)])
    rows.loc[3, "precip"] = None
    frame = spark.createDataFrame(rows.astype({"late": "int"}))
    scored = score(frame, folder / "files", feature_columns(model)).toPandas().sort_values("flight_id")
    expected = rows.assign(probability=probabilities(loaded, rows)).sort_values("flight_id")
    assert np.allclose(scored["probability"], expected["probability"])


def test_slices_and_picture(model: Model) -> None:
    rows = flights(model)
    scores = 1 / (1 + np.exp(-rows["precip"].to_numpy()))
    slices = slice_quality(rows, "late", scores, ["carrier", "origin"], min_rows=100)
    assert [(one.column, one.value) for one in slices] == [
        *[("carrier", "B6"), ("carrier", "UA"), ("origin", "EWR"), ("origin", "JFK")]
    ]
    assert sum(one.rows for one in slices) == 2 * len(rows)
    assert slice_quality(rows, "late", scores, ["carrier"], min_rows=10_000) == []
    assert len(quality_figure(rows["late"].to_numpy(), scores).axes) == 2


def test_a_history_too_short_to_hold_anything_out_is_an_error(model: Model) -> None:
    split = time_split(datetime(2013, 1, 1), datetime(2013, 4, 1), model.training, "flights")
    assert (split.validation_start, split.test_start) == (datetime(2013, 2, 18), datetime(2013, 3, 4))
    with pytest.raises(PipelineError, match="30 days of history"):
        time_split(datetime(2013, 1, 1), datetime(2013, 1, 31), model.training, "flights")
    with pytest.raises(PipelineError, match="no row with a known label"):
        time_split(None, None, model.training, "flights")
