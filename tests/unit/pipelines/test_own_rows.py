"""A version is judged by the features that it gets in use: those of its own look-ups, not those of today's settings.

Databricks' feature engineering and Unity Catalog are in memory; rows are joined by Spark.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from databricks.sdk.errors import NotFound
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from environments import names
from environments.settings import Model
from pipelines.deployment import compare as compare_module
from pipelines.deployment.compare import compare
from pipelines.errors import PipelineError
from pipelines.evaluation import own_rows as own_rows_module
from pipelines.evaluation.metrics import roc_auc
from pipelines.evaluation.own_rows import own_rows
from pipelines.evaluation.versions import LoadedVersion
from pipelines.features.lookups import Lookups, feature_columns
from pipelines.models import load_code
from pipelines.task import Task
from pipelines.training.record import model_config
from tests.unit.pipelines.mlflow_store import mlflow_store
from tests.unit.pipelines.small_models import DEV, MODEL, NAME, Answer, Wanted, flights, loaded, rain, register

CODE = load_code(MODEL.name)
THEN = Lookups.of(DEV, MODEL, CODE.ON_DEMAND)
VERSION = ModelVersion("dev.flight_delay.flight_delay", "3", 0)
FLIGHTS, UNTIL = flights(600), datetime(2013, 3, 1)


def without(model: Model, table: str, feature: str) -> Model:
    """The model, once a feature of a table is given up."""
    contract = model.feature_tables[table]
    fewer = contract.model_copy(update={"features": [one for one in contract.features if one != feature]})
    return model.model_copy(update={"feature_tables": {**model.feature_tables, table: fewer}})


def task_of(model: Model) -> Task:
    return Task("deployment", DEV, model, CODE, "abc", "")


def version_of(folder: Path, lookups: Lookups) -> LoadedVersion:
    """A model of rain that was trained with these look-ups."""
    return replace(loaded(folder, rain), config=model_config(MODEL, lookups, UNTIL))


def wanted(model: Model, answer: Answer) -> Wanted:
    """A version that was trained with the look-ups of the model."""
    config = model_config(model, Lookups.of(DEV, model, CODE.ON_DEMAND), UNTIL)
    return Wanted(answer, raw={"model_config": config, "input_example": FLIGHTS[feature_columns(model)].head(5)})


def by_carrier(rows: pd.DataFrame) -> pd.DataFrame:
    """A model that knows nothing of rain."""
    return pd.DataFrame({"probability": (rows["carrier"] == "B6") * 0.5})


@dataclass
class Features:
    """A feature store that knows the features of each flight; it gives rows back in an order of its own."""

    spark: SparkSession
    asked: int = 0

    def create_training_set(self, df: DataFrame, feature_lookups: list[Any], label: str | None) -> SimpleNamespace:
        self.asked += 1
        names = [name for one in feature_lookups for name in getattr(one, "feature_names", [])]
        names += [one.output_name for one in feature_lookups if hasattr(one, "output_name")]
        known = self.spark.createDataFrame(FLIGHTS[["flight_id", *names]])
        return SimpleNamespace(load_df=lambda: df.join(known, "flight_id").orderBy(F.xxhash64("flight_id")))


@pytest.fixture
def features(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> Features:
    made = Features(spark)
    package = ModuleType("databricks.feature_engineering")
    vars(package).update(
        FeatureEngineeringClient=lambda: made, FeatureLookup=SimpleNamespace, FeatureFunction=SimpleNamespace
    )
    monkeypatch.setitem(sys.modules, "databricks.feature_engineering", package)
    return made


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What Unity Catalog has no more, by full name."""
    missing: set[str] = set()

    def get(name: str) -> SimpleNamespace:
        if name in missing:
            raise NotFound(name)
        columns = [SimpleNamespace(name=column) for column in FLIGHTS.columns if f"{name}.{column}" not in missing]
        return SimpleNamespace(columns=columns)

    catalog = SimpleNamespace(tables=SimpleNamespace(get=get), functions=SimpleNamespace(get=get))
    monkeypatch.setattr(own_rows_module, "WorkspaceClient", lambda: catalog)
    return missing


@pytest.fixture
def bare(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(FLIGHTS[THEN.sent])


@pytest.mark.usefixtures("gone")
def test_a_version_keeps_a_feature_that_settings_gave_up(features: Features, bare: DataFrame, tmp_path: Path) -> None:
    champion, now = version_of(tmp_path, THEN), FLIGHTS.drop(columns="precip")
    rows = own_rows(task_of(without(MODEL, "weather_features", "precip")), VERSION, champion, bare, now)
    assert np.array_equal(champion.scores(rows), rain(FLIGHTS)["probability"])
    assert not np.array_equal(champion.scores(now), champion.scores(rows))
    assert features.asked == 1


@pytest.mark.usefixtures("gone")
def test_a_version_keeps_a_function_that_has_changed(features: Features, bare: DataFrame, tmp_path: Path) -> None:
    (call,) = THEN.functions
    then = replace(THEN, functions=[replace(call, function=f"{call.function}_of_old")])
    now = FLIGHTS.assign(feels_like=0.0)
    rows = own_rows(task_of(MODEL), VERSION, version_of(tmp_path, then), bare, now)
    assert list(rows["feels_like"]) == list(FLIGHTS["feels_like"])
    assert features.asked == 1


def test_rows_are_made_once_where_look_ups_bring_the_same(features: Features, bare: DataFrame, tmp_path: Path) -> None:
    fewer = Lookups.of(DEV, without(MODEL, "weather_features", "humid"), CODE.ON_DEMAND)
    for name, lookups in {"then": THEN, "fewer": fewer}.items():
        champion = version_of(tmp_path / name, lookups)
        assert own_rows(task_of(MODEL), VERSION, champion, bare, FLIGHTS) is FLIGHTS
    foreign = loaded(tmp_path / "foreign", rain)
    assert own_rows(task_of(MODEL), VERSION, foreign, bare, FLIGHTS) is FLIGHTS
    assert features.asked == 0


def test_what_a_version_looks_up_and_is_gone_is_told(
    features: Features, gone: set[str], bare: DataFrame, tmp_path: Path
) -> None:
    gone |= {"dev.flight_delay.plane_features", "dev.flight_delay.weather_features.precip", THEN.functions[0].function}
    champion, task = version_of(tmp_path, THEN), task_of(without(MODEL, "weather_features", "precip"))
    with pytest.raises(PipelineError) as error:
        own_rows(task, VERSION, champion, bare.drop("distance"), FLIGHTS.drop(columns="precip"))
    assert error.value.found == (
        "no column distance of the rows, no column precip of dev.flight_delay.weather_features, "
        f"no table dev.flight_delay.plane_features, no function {THEN.functions[0].function}"
    )
    assert "bring it back" in error.value.expected
    assert features.asked == 0


@pytest.mark.usefixtures("gone", "features")
def test_a_comparison_asks_the_champion_with_what_it_is_given_in_use(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables of labels are not read: Spark has no Delta here."""
    monkeypatch.setattr(compare_module, "held_out", lambda *_: spark.createDataFrame(FLIGHTS[[*THEN.sent, "late"]]))
    monkeypatch.setattr(compare_module, "_log_inputs", lambda *_: None)
    now = without(MODEL, "weather_features", "precip")
    with mlflow_store(tmp_path, names.experiment(DEV, MODEL)):
        MlflowClient().create_registered_model(NAME)
        champion = register(tmp_path / "champion", wanted(MODEL, rain))
        challenger = register(tmp_path / "challenger", wanted(now, by_carrier))
        decision = compare(task_of(now), challenger, champion)
        experiment = MlflowClient().get_experiment_by_name(names.experiment(DEV, MODEL))
        (run,) = MlflowClient().search_runs([experiment.experiment_id], "tags.kind = 'comparison'")
    labels = FLIGHTS["late"].to_numpy()
    expected = roc_auc(labels, rain(FLIGHTS)["probability"].to_numpy())
    assert run.data.metrics["champion_roc_auc"] == pytest.approx(expected)
    assert run.data.metrics["challenger_roc_auc"] < expected - 0.1
    assert not decision.promote
