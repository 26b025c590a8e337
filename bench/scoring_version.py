"""What the bench of batch scoring scores: a version of flight_delay as training makes it, and rows like flights."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from environments.metrics import SCORE
from environments.settings import Model, load_model
from pipelines.features.lookups import Lookups, feature_columns
from pipelines.training.algorithms import FITS, Rows
from pipelines.training.record import model_config

MODEL = "flight_delay"
KEY = ["flight_id", "scheduled_departure"]
FILE_ROWS = 50_000
_DISTINCT_FILES = 20
_TRAINING_ROWS, _STOPPING_ROWS = 100_000, 20_000
_CATEGORIES = {"carrier": 16, "origin": 3, "dest": 100}
_WHOLE = {"sched_dep_hour": 24, "day_of_week": 7, "month": 12}


def save_version(folder: Path) -> Path:
    """Fit with the model's own hyperparameters, save as `log_model` does; the version's files."""
    model = load_model(MODEL)
    frame = _flights(model, _TRAINING_ROWS + _STOPPING_ROWS, seed=0)
    odds = 2 * frame["precip"] + frame["temp"] * frame["humid"] + np.sin(frame["sched_dep_hour"])
    odds += frame["carrier"].isin(["c1", "c2", "c3"]) + frame["dest"].str[1:].astype("int") / 50 - 2
    late = np.random.default_rng(1).random(len(frame)) < 1 / (1 + np.exp(-odds))
    frame[model.label] = late.astype("int32")
    rows = Rows(
        train=frame[:_TRAINING_ROWS],
        validation=frame[_TRAINING_ROWS:],
        features=feature_columns(model),
        categorical=model.categorical,
        label=model.label,
        problem=model.problem,
        seed=model.training.seed,
    )
    fitted = FITS["lightgbm"](rows, model.training.algorithms["lightgbm"])
    output = ColSpec(DataType.double, SCORE[model.problem])
    mlflow.pyfunc.save_model(
        folder / "version",
        python_model=str(fitted.scorer),
        artifacts=fitted.save(folder),
        model_config=model_config(model, Lookups([], [], []), datetime(2013, 1, 1)),
        signature=ModelSignature(outputs=Schema([output])),
        pip_requirements=["lightgbm"],
    )
    return folder / "version"


def write_rows(folder: Path, rows: int) -> list[str]:
    """Parquet files of FILE_ROWS rows each; from the twenty-first on, further names of the first twenty."""
    model = load_model(MODEL)
    files = [folder / f"rows-{number:03}.parquet" for number in range(rows // FILE_ROWS)]
    for number, file in enumerate(files):
        if number < _DISTINCT_FILES:
            _flights(model, FILE_ROWS, seed=2 + number).to_parquet(file, index=False)
        else:
            os.link(files[number % _DISTINCT_FILES], file)
    return [str(file) for file in files]


def write_few(folder: Path, count: int) -> list[str]:
    """Files of one row each: what it takes to score them is what is paid once."""
    files = [folder / f"few-{number}.parquet" for number in range(count)]
    for file in files:
        _flights(load_model(MODEL), 1, seed=2).to_parquet(file, index=False)
    return [str(file) for file in files]


def _flights(model: Model, rows: int, seed: int) -> pd.DataFrame:
    """The columns of the predictions' key, and all features."""
    random = np.random.default_rng(seed)
    seconds = pd.to_timedelta(random.integers(0, 365 * 86_400, rows), unit="s")
    columns: dict[str, object] = {
        "flight_id": [f"UA-1545-EWR-2013-{seed:02}-{number:06}" for number in range(rows)],
        "scheduled_departure": (pd.Timestamp("2013-01-01", tz="UTC") + seconds).astype("datetime64[us, UTC]"),
    }
    for name in feature_columns(model):
        if name in _CATEGORIES:
            columns[name] = random.choice([f"{name[0]}{place}" for place in range(_CATEGORIES[name])], rows)
        elif name in _WHOLE:
            columns[name] = random.integers(1, _WHOLE[name] + 1, rows)
        else:
            columns[name] = random.normal(size=rows)
    return pd.DataFrame(columns)
