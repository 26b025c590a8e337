"""What a training run leaves in MLflow, and the model version that it registers."""

from __future__ import annotations

import tempfile
from importlib.metadata import version
from pathlib import Path

import lightgbm
import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.data.delta_dataset_source import DeltaDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities.model_registry import ModelVersion

from environments import names
from pipelines.features.lookups import feature_columns
from pipelines.task import Task
from pipelines.training import scorer
from pipelines.training.signature import example, signature

REQUIREMENTS = ("mlflow", "lightgbm", "pandas", "scikit-learn")


def log_inputs(versions: dict[str, int]) -> None:
    """Link the run to its input tables, each at its Delta version."""
    for table, delta_version in versions.items():
        source = DeltaDatasetSource(delta_table_name=table, delta_table_version=delta_version)
        mlflow.log_input(MetaDataset(source, name=table), context="training")


def register(task: Task, booster: lightgbm.Booster, train: pd.DataFrame) -> ModelVersion:
    """Log the booster with the scorer's code to the active run, and register it in the environment's catalog."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "booster.txt"
        file.write_text(booster.model_to_string(), encoding="utf-8")
        logged = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(Path(scorer.__file__)),
            artifacts={"booster": str(file)},
            model_config={"features": feature_columns(task.model), "categorical": task.model.categorical},
            signature=signature(train, task.model),
            input_example=example(train, task.model),
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
        )
    tags = {**task.model.tags, "code_version": task.code_version}
    registered = mlflow.register_model(
        logged.model_uri, names.registered_model(task.environment, task.model), tags=tags
    )
    MlflowClient().update_model_version(registered.name, registered.version, task.model.description)
    return registered
