"""Lets models with a feature spec be registered, as Databricks' own build of MLflow does and the public one does not.

The public MLflow leaves `get_feature_dependencies` to Databricks and refuses such models elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlflow.store._unity_catalog.registry import rest_store

_SPEC = Path("data", "feature_store", "feature_spec.yaml")


def install() -> None:
    """Put Databricks' part in its place, once."""
    if rest_store.get_feature_dependencies is not _feature_dependencies:
        rest_store.get_feature_dependencies = _feature_dependencies


def _feature_dependencies(model_dir: Any) -> str:
    """The features that a model depends on, as its spec tells them; empty for a model without."""
    spec = Path(model_dir) / _SPEC
    return spec.read_text() if spec.exists() else ""
