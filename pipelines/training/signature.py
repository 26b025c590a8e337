"""The model's signature: what the caller must send, what may be missing, and what comes back."""

from __future__ import annotations

import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from environments.settings import Model
from pipelines.features.lookups import feature_columns


def signature(frame: pd.DataFrame, model: Model) -> ModelSignature:
    """Request features are required, with the types of `frame`; looked-up ones are optional numbers or strings."""
    inputs = [
        ColSpec(_type(frame, name, model), name, required=name in model.request_features)
        for name in feature_columns(model)
    ]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema([ColSpec(DataType.double, "probability")]))


def example(frame: pd.DataFrame, model: Model, rows: int = 3) -> pd.DataFrame:
    """A few complete rows as a caller would send them."""
    return frame[feature_columns(model)].dropna().head(rows).reset_index(drop=True)


def _type(frame: pd.DataFrame, name: str, model: Model) -> DataType:
    if name in model.categorical:
        return DataType.string
    return DataType.long if frame[name].dtype.kind == "i" else DataType.double
