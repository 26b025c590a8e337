"""Small real models for tests of checks: rows of flights, MLflow models of a function, a registry to put them in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.data.delta_dataset_source import DeltaDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities.model_registry import ModelVersion
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from environments import names
from environments.settings import Model, load_environment, load_model
from pipelines.evaluation.versions import LoadedVersion, load_files
from pipelines.features.lookups import Lookups, feature_columns
from pipelines.models import load_code
from pipelines.task import Task

MODEL, DEV = load_model("flight_delay"), load_environment("dev")
NAME = names.registered_model(DEV, MODEL)
PINNED = ("mlflow==3.14.0",)
Answer = Callable[[pd.DataFrame], Any]


class Answering(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """A model that is a function of rows."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> Any:
        return self.answer(model_input)


def rain(rows: pd.DataFrame) -> pd.DataFrame:
    """A good model of `flights`; where it does not know of rain it takes the carrier alone."""
    odds = rows["precip"].astype("float64").fillna(0) * 2 + (rows["carrier"] == "B6") - 1
    return pd.DataFrame({"probability": 1 / (1 + np.exp(-odds))})


def flights(rows: int = 3000) -> pd.DataFrame:
    """Flights that are late when it rains, more so with one carrier; with keys, features and label."""
    random = np.random.default_rng(7)
    frame = pd.DataFrame({name: random.normal(size=rows) for name in feature_columns(MODEL)})
    for name, values in {"carrier": ["UA", "B6"], "origin": ["EWR", "JFK"], "dest": ["IAH", "MIA"]}.items():
        frame[name] = random.choice(values, size=rows)
    for name in ("sched_dep_hour", "day_of_week", "month"):
        frame[name] = random.integers(1, 7, size=rows)
    frame["feels_like"] = [
        load_code(MODEL.name).ON_DEMAND["feels_like"](temp, wind)
        for temp, wind in zip(frame["temp"].tolist(), frame["wind_speed"].tolist(), strict=True)
    ]
    odds = frame["precip"] * 2 + (frame["carrier"] == "B6") - 1
    return frame.assign(
        flight_id=[f"F{number}" for number in range(rows)],
        tailnum="N1",
        scheduled_departure=pd.Timestamp("2013-03-01"),
        late=(random.random(rows) < 1 / (1 + np.exp(-odds))).astype("int32"),
    )


def loaded(folder: Path, answer: Answer, **given: Any) -> LoadedVersion:
    """A function as a model, saved and loaded again."""
    save(folder / "raw", answer, **given)
    return load_files(folder / "raw")


def save(folder: Path, answer: Answer, **given: Any) -> None:
    """A function as an MLflow model in a folder."""
    settings = {"model_config": {"features": feature_columns(MODEL)}, "pip_requirements": list(PINNED)}
    mlflow.pyfunc.save_model(str(folder), python_model=Answering(answer), **{**settings, **given})


def signature(model: Model = MODEL) -> ModelSignature:
    """What callers send, and what they get."""
    kinds = {"scheduled_departure": DataType.datetime, "distance": DataType.double}
    kinds |= dict.fromkeys(("sched_dep_hour", "day_of_week", "month"), DataType.long)
    inputs = [
        ColSpec(kinds.get(name, DataType.string), name)
        for name in Lookups.of(DEV, model, load_code(model.name).ON_DEMAND).sent
    ]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema([ColSpec(DataType.double, "probability")]))


@dataclass
class Wanted:
    """A version to register: a good one, unless told otherwise."""

    answer: Answer = rain
    packed: bool = True
    raw: Mapping[str, Any] = field(default_factory=dict)
    signature: ModelSignature | None = field(default_factory=signature)
    tags: Mapping[str, str] = field(default_factory=lambda: MODEL.tags)
    description: str = "What it predicts."
    documents: Mapping[str, str] = field(default_factory=lambda: {"model_card.md": "# It", "shap_summary.png": "p"})
    run_tags: Mapping[str, str] = field(default_factory=lambda: {"code_version": "abc"})
    linked: tuple[str, ...] = tuple(names.training_tables(DEV, MODEL))


def register(folder: Path, wanted: Wanted) -> ModelVersion:
    """Log the model as FeatureEngineeringClient lays it out, and register it."""
    raw = folder / "feature_store" / "raw_model"
    save(raw, wanted.answer, **{"input_example": flights(5)[feature_columns(MODEL)], **wanted.raw})
    mlflow.set_experiment(names.experiment(DEV, MODEL))
    with mlflow.start_run(tags=dict(wanted.run_tags)) as run:
        for table in wanted.linked:
            source = DeltaDatasetSource(delta_table_name=table, delta_table_version=1)
            mlflow.log_input(MetaDataset(source, name=table), context="training")
        for document, text in wanted.documents.items():
            mlflow.log_text(text, document)
        if wanted.packed:
            mlflow.pyfunc.log_model(
                name="model",
                loader_module="databricks.feature_store.mlflow_model",
                data_path=str(raw.parent),
                signature=wanted.signature,
                pip_requirements=[*PINNED, "databricks-feature-lookup==1.*"],
            )
        else:
            mlflow.pyfunc.log_model(name="model", python_model=Answering(wanted.answer), pip_requirements=list(PINNED))
    registered = mlflow.register_model(f"runs:/{run.info.run_id}/model", NAME, tags=dict(wanted.tags))
    client = MlflowClient()
    client.update_model_version(NAME, registered.version, wanted.description)
    return client.get_model_version(NAME, registered.version)


def task_of(version: ModelVersion, model: Model = MODEL) -> Task:
    """The validation of a version."""
    return Task("validation", DEV, model, load_code(model.name), "abc", f"models:/{NAME}/{version.version}")
