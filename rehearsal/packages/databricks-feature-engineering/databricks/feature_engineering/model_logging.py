"""Logs a model together with its feature spec, laid out as the real package lays it out.

The MLflow model is a pyfunc of loader module `databricks.feature_store.mlflow_model`, whose data hold the feature spec
and, as `raw_model`, the model itself.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import mlflow
import yaml
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from databricks.feature_engineering import registration
from databricks.feature_engineering.feature_spec import SENT, FeatureSpec
from databricks.feature_engineering.training_set import TrainingSet

LOADER = "databricks.feature_store.mlflow_model"
DATA_FOLDER, RAW_MODEL = "feature_store", "raw_model"
_LOOKUP_PACKAGE = "databricks-feature-lookup"
_TYPES = {
    "smallint": DataType.integer,
    "int": DataType.integer,
    "bigint": DataType.long,
    "float": DataType.float,
    "double": DataType.double,
    "boolean": DataType.boolean,
    "date": DataType.datetime,
    "timestamp": DataType.datetime,
    "string": DataType.string,
    "binary": DataType.binary,
}


def log(
    model: Any,
    artifact_path: str,
    flavor: ModuleType,
    training_set: TrainingSet,
    registered_model_name: str | None,
    extra_pip_requirements: list[str] | None,
    output_schema: Schema | None,
    **kwargs: Any,
) -> Any:
    """Log the model in the active run; returns MLflow's ModelInfo. Raises ValueError, MlflowException."""
    registration.install()
    spec = training_set.feature_spec
    signature = _signature(spec, training_set.label_types, output_schema)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / DATA_FOLDER
        raw = Model(signature=ModelSignature(outputs=signature.outputs) if signature.outputs else None)
        if extra_pip_requirements is not None:
            kwargs["extra_pip_requirements"] = extra_pip_requirements
        if flavor is mlflow.pyfunc:
            flavor.save_model(str(data / RAW_MODEL), mlflow_model=raw, python_model=model, **kwargs)
        else:
            flavor.save_model(model, str(data / RAW_MODEL), mlflow_model=raw, **kwargs)
        if mlflow.pyfunc.FLAVOR_NAME not in raw.flavors:
            raise ValueError(
                f"log_model does not support '{flavor.__name__}' since it does not have a python_function model flavor."
            )
        spec.save(data)
        return mlflow.pyfunc.log_model(
            name=artifact_path,
            loader_module=LOADER,
            data_path=str(data),
            conda_env=_environment(data / RAW_MODEL),
            signature=signature,
            registered_model_name=registered_model_name,
        )


def _signature(spec: FeatureSpec, label_types: dict[str, str], output_schema: Schema | None) -> ModelSignature:
    """What the caller sends is required; features may be given, to go before what would be looked up."""
    unsupported = [column.name for column in spec.of(SENT) if column.data_type not in _TYPES]
    if unsupported:
        raise ValueError(f"Columns {unsupported} have types that MLflow's model signatures do not support.")
    inputs = [
        ColSpec(_TYPES[str(column.data_type)], column.name, required=column.source == SENT)
        for column in sorted(spec.columns, key=lambda column: column.source != SENT)
        if column.data_type in _TYPES
    ]
    if output_schema is None and label_types and all(kind in _TYPES for kind in label_types.values()):
        output_schema = Schema([ColSpec(_TYPES[kind], name) for name, kind in label_types.items()])
    return ModelSignature(inputs=Schema(inputs), outputs=output_schema)


def _environment(raw_model: Path) -> dict[str, Any]:
    """The model's own environment, and the package that looks features up where the model is served."""
    environment: dict[str, Any] = yaml.safe_load((raw_model / "conda.yaml").read_text())
    for dependency in environment["dependencies"]:
        if isinstance(dependency, dict) and not any(name.startswith(_LOOKUP_PACKAGE) for name in dependency["pip"]):
            dependency["pip"].append(f"{_LOOKUP_PACKAGE}==1.*")
    return environment
