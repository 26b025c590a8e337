"""A model version as stages judge it: its own files without the look-ups around them, and what it says of rows.

`FeatureEngineeringClient.log_model` packs a model with its look-ups; loaded as a whole it looks features up by itself.
Here features are there already, so the model inside is loaded, which lies where that client puts it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities.model_registry import ModelVersion
from mlflow.pyfunc import PyFuncModel

from pipelines.features.lookups import Lookups
from pipelines.registry import uri_of

PACKED = Path("data", "feature_store", "raw_model")
TRAINED_BEFORE = "trained_before"  # in what training says: rows from this event time on (UTC) it has not seen


@dataclass(frozen=True)
class LoadedVersion:
    """A version in memory. `config` is what training says of it: its features, its look-ups, until when it saw rows."""

    model: PyFuncModel
    config: Mapping[str, Any]

    @property
    def inputs(self) -> list[str]:
        """The columns that it needs: those that training says, else those of its signature."""
        if "features" in self.config:
            return list(self.config["features"])
        schema = self.model.metadata.get_input_schema()
        return list(schema.input_names()) if schema else []

    @property
    def lookups(self) -> Lookups | None:
        """What it was trained to look up, if training says."""
        return Lookups.from_config(self.config["lookups"]) if "lookups" in self.config else None

    @property
    def trained_before(self) -> datetime | None:
        """Rows from this event time on (UTC) it has not seen, if training says."""
        said = self.config.get(TRAINED_BEFORE)
        return datetime.fromisoformat(said) if said else None

    def scores(self, rows: pd.DataFrame) -> np.ndarray:
        """What it says of each row: the first column of its answer. A feature that rows lack is missing to it."""
        said = self.model.predict(rows.reindex(columns=self.inputs))
        column = said.iloc[:, 0] if isinstance(said, pd.DataFrame) else said
        return np.asarray(column, dtype="float64").reshape(len(rows))


def download(version: ModelVersion, folder: Path) -> Path:
    """Download the version's files into `folder`; where they are, with the look-ups around them."""
    return Path(mlflow.artifacts.download_artifacts(artifact_uri=uri_of(version), dst_path=str(folder)))


def own_files(files: Path) -> Path:
    """Where the files of the model itself are, in those of a version."""
    return files / PACKED if (files / PACKED).exists() else files


def files_of(version: ModelVersion, folder: Path) -> Path:
    """Download the version's files into `folder`; where those of the model itself are."""
    return own_files(download(version, folder))


def config_of(files: Path) -> dict[str, Any]:
    """What training says of the model in these files; empty for a model that another program logged."""
    flavor = mlflow.models.Model.load(files).flavors.get(mlflow.pyfunc.FLAVOR_NAME, {})
    return dict(flavor.get("config") or {})


def load_files(files: Path) -> LoadedVersion:
    """Load the model itself from its files. Raises whatever its own code raises."""
    return LoadedVersion(mlflow.pyfunc.load_model(str(files)), config_of(files))


def load(version: ModelVersion) -> LoadedVersion:
    """Load the version. Raises whatever its own code raises."""
    with tempfile.TemporaryDirectory() as folder:
        return load_files(files_of(version, Path(folder)))
