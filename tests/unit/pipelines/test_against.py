"""Another environment's Champion is measured on rows that it was not trained on, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from environments import names
from environments.settings import load_environment
from pipelines.evaluation.metrics import Metrics, roc_auc
from pipelines.features.lookups import Lookups, feature_columns
from pipelines.models import load_code
from pipelines.registry import CHAMPION
from pipelines.task import Task
from pipelines.training.against import measure_champion_of
from pipelines.training.record import model_config
from tests.unit.pipelines.mlflow_store import mlflow_store
from tests.unit.pipelines.small_models import DEV, MODEL, NAME, Wanted, flights, rain, register

CODE = load_code(MODEL.name)
LOOKUPS = Lookups.of(DEV, MODEL, CODE.ON_DEMAND)
OLD, NEW = datetime(2013, 3, 1), datetime(2013, 3, 20)
ROWS = flights(1000).assign(scheduled_departure=[OLD] * 400 + [NEW] * 600)
URI = f"models:/{NAME}/1"


@pytest.fixture(autouse=True)
def store(tmp_path: Path) -> Iterator[None]:
    with mlflow_store(tmp_path, names.experiment(DEV, MODEL)):
        MlflowClient().create_registered_model(NAME)
        yield


def measured(folder: Path, config: dict[str, object]) -> Run:
    """A run of training, once the new model, of carriers alone, stood beside a Champion with that configuration."""
    example = ROWS[feature_columns(MODEL)].head(5)
    version = register(folder / "version", Wanted(raw={"model_config": config, "input_example": example}))
    MlflowClient().set_registered_model_alias(NAME, CHAMPION, version.version)
    task = Task("training", DEV, MODEL, CODE, "abc", "")
    with mlflow.start_run() as run:
        measure_champion_of(task, "dev", by_carrier, ROWS, Metrics(MODEL.problem))
    return MlflowClient().get_run(run.info.run_id)


def by_carrier(rows: pd.DataFrame) -> np.ndarray:
    return (rows["carrier"] == "B6").to_numpy() * 0.5


@pytest.mark.parametrize(("trained_before", "rows"), [(NEW, ROWS[400:]), (OLD, ROWS), (datetime(2013, 1, 1), ROWS)])
def test_both_are_measured_on_the_rows_that_the_champion_has_not_seen(
    tmp_path: Path, trained_before: datetime, rows: pd.DataFrame
) -> None:
    run, labels = measured(tmp_path, model_config(MODEL, LOOKUPS, trained_before)), rows["late"].to_numpy()
    assert run.data.tags["dev_champion"] == URI
    assert run.data.metrics["dev_champion_roc_auc"] == roc_auc(labels, rain(rows)["probability"].to_numpy())
    assert run.data.metrics["beside_dev_champion_roc_auc"] == roc_auc(labels, by_carrier(rows))


def test_a_champion_that_has_seen_all_rows_is_not_measured(tmp_path: Path) -> None:
    run = measured(tmp_path, model_config(MODEL, LOOKUPS, datetime(2013, 3, 21)))
    assert run.data.tags["dev_champion"].startswith(
        f"{URI}: not measured, of the rows held out here too few are of 2013-03-21"
    )
    assert not run.data.metrics


def test_a_champion_that_does_not_say_what_it_has_seen_is_not_measured(tmp_path: Path) -> None:
    run = measured(tmp_path, {"features": feature_columns(MODEL), "lookups": LOOKUPS.as_config()})
    assert run.data.tags["dev_champion"].startswith(f"{URI}: not measured, it does not say")
    assert not run.data.metrics


def test_a_champion_of_other_features_is_not_measured(tmp_path: Path) -> None:
    (table, *others) = LOOKUPS.tables
    other = replace(LOOKUPS, tables=[replace(table, table="dev.flight_delay.skies"), *others])
    run = measured(tmp_path, model_config(MODEL, other, OLD))
    assert "not measured, its features are not those of here" in run.data.tags["dev_champion"]
    assert not run.data.metrics


def test_a_champion_of_another_catalog_looks_up_the_same(tmp_path: Path) -> None:
    run = measured(tmp_path, model_config(MODEL, Lookups.of(load_environment("prod"), MODEL, CODE.ON_DEMAND), OLD))
    assert run.data.tags["dev_champion"] == URI
