"""What a training run leaves in MLflow, and the model version that it registers."""

from __future__ import annotations

import json
import platform
import tempfile
from datetime import datetime
from importlib.metadata import distributions, version
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.data.delta_dataset_source import DeltaDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities.model_registry import ModelVersion
from mlflow.types import ColSpec, DataType, Schema

from environments import names
from environments.metrics import SCORE
from environments.settings import Model
from pipelines.evaluation.versions import TRAINED_BEFORE
from pipelines.features.lookups import Lookups, feature_columns, lookups_of
from pipelines.task import Task
from pipelines.training.algorithms import Fitted

if TYPE_CHECKING:
    from databricks.feature_engineering import TrainingSet

REQUIREMENTS = ("mlflow", "lightgbm", "pandas", "scikit-learn", "cloudpickle")
ARTIFACT, CARD, REQUEST, ENVIRONMENT = "model", "model_card.md", "request_example.json", "environment.txt"
EXAMPLE_ROWS = 3


def log_inputs(versions: dict[str, int], context: str = "training") -> None:
    """Link the run to its input tables, each at its Delta version; `context` says what they were read for."""
    for table, delta_version in versions.items():
        source = DeltaDatasetSource(delta_table_name=table, delta_table_version=delta_version)
        mlflow.log_input(MetaDataset(source, name=table), context=context)


def log_environment() -> None:
    """Python and every package that is installed, each with its version."""
    packages = sorted({f"{found.metadata['Name']}=={found.version}" for found in distributions()}, key=str.lower)
    mlflow.log_text("\n".join([f"# Python {platform.python_version()}", *packages, ""]), ENVIRONMENT)


def log_request(rows: pd.DataFrame, columns: list[str]) -> None:
    """A request as a caller of the endpoint sends it: keys and what he knows; the rest is looked up."""
    sent = rows[columns].dropna().tail(EXAMPLE_ROWS)
    mlflow.log_dict({"dataframe_records": json.loads(sent.to_json(orient="records", date_format="iso"))}, REQUEST)


def register(
    task: Task, fitted: Fitted, training_set: TrainingSet, example: pd.DataFrame, trained_before: datetime
) -> ModelVersion:
    """Log the model with its look-ups to the active run, and register it in the environment's catalog."""
    from databricks.feature_engineering import FeatureEngineeringClient

    model = task.model
    with tempfile.TemporaryDirectory() as folder:
        FeatureEngineeringClient().log_model(
            model=str(fitted.scorer),
            artifact_path=ARTIFACT,
            flavor=mlflow.pyfunc,
            training_set=training_set,
            output_schema=Schema([ColSpec(DataType.double, SCORE[model.problem])]),
            artifacts=fitted.save(Path(folder)),
            model_config=model_config(model, lookups_of(task), trained_before),
            input_example=example[feature_columns(model)].head(EXAMPLE_ROWS),
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
        )
    run = mlflow.active_run()
    assert run is not None, "the caller has started a run"
    registered = mlflow.register_model(
        f"runs:/{run.info.run_id}/{ARTIFACT}",
        names.registered_model(task.environment, model),
        tags={**model.tags, "code_version": task.code_version, **task.cause.tags()},
    )
    description = f"{model.description}\n\nTrained because of {task.cause.sentence()}."
    MlflowClient().update_model_version(registered.name, registered.version, description)
    return registered


def model_config(model: Model, lookups: Lookups, trained_before: datetime) -> dict[str, object]:
    """What the scorer needs to know, and what inference and others who measure the version ask of it."""
    return {
        "features": feature_columns(model),
        "categorical": model.categorical,
        "output": SCORE[model.problem],
        "lookups": lookups.as_config(),
        TRAINED_BEFORE: trained_before.isoformat(),
    }
