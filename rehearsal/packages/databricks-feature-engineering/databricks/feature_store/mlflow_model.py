"""Loads a model with a feature spec in a task: what it predicts for rows with keys, features looked up by Spark.

In an endpoint, Model Serving looks them up in the online store instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from databricks.feature_engineering import scoring


class FeatureStoreModel:
    """Answers `mlflow.pyfunc.load_model(uri).predict(df)`."""

    def __init__(self, files: Path) -> None:
        self._files = files

    def predict(self, df: DataFrame | pd.DataFrame, params: dict[str, Any] | None = None) -> Any:
        """A data frame of the kind given, with the column `prediction`."""
        rows = SparkSession.builder.getOrCreate().createDataFrame(df) if isinstance(df, pd.DataFrame) else df
        scored = scoring.score_files(self._files, rows, "double", params).select(scoring.PREDICTION)
        return scored.toPandas() if isinstance(df, pd.DataFrame) else scored


def _load_pyfunc(path: str) -> FeatureStoreModel:
    # MLflow gives the data folder, which lies in the model's own.
    return FeatureStoreModel(Path(path).parents[1])
