"""`score_batch`: rows with keys, their features, and what the model says, computed on Spark's workers."""

from __future__ import annotations

import io
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from databricks.feature_engineering import feature_spec
from databricks.feature_engineering.augmenting import augmented
from databricks.feature_engineering.feature_spec import SENT, FeatureSpec
from databricks.feature_engineering.feature_table import get_feature_table
from databricks.feature_engineering.model_logging import DATA_FOLDER, RAW_MODEL
from databricks.feature_engineering.training_set import definitions

PREDICTION = "prediction"


def score(model_uri: str, df: DataFrame, result_type: str, params: dict[str, Any] | None) -> DataFrame:
    """`df` plus the features that it lacks plus `prediction`. Raises ValueError, MlflowException."""
    with tempfile.TemporaryDirectory() as folder:
        files = Path(mlflow.artifacts.download_artifacts(artifact_uri=model_uri, dst_path=folder))
        return score_files(files, df, result_type, params)


def score_files(files: Path, df: DataFrame, result_type: str, params: dict[str, Any] | None) -> DataFrame:
    """The same of a model whose files are here."""
    if PREDICTION in df.columns:
        raise ValueError(f"score_batch returns a DataFrame with a new column '{PREDICTION}'; df has one already.")
    data = files / "data" / DATA_FOLDER
    if not (data / feature_spec.FILE).exists():
        raise ValueError("The model was not logged by FeatureEngineeringClient.log_model: it has no feature spec.")
    spec = feature_spec.load(data)
    missing = [column.name for column in spec.of(SENT) if column.name not in df.columns]
    if missing:
        raise ValueError(f"DataFrame is missing required source columns: {missing}.")
    tables = {table.name: get_feature_table(table.name) for table in spec.tables}
    rows = augmented(_as_trained(df, spec), spec, tables, definitions(spec.functions))
    predict = _udf(_packed(data / RAW_MODEL), [column.name for column in spec.inputs], result_type, params)
    inputs = F.struct(*[F.col(f"`{column.name}`") for column in spec.inputs])
    return rows.withColumn(PREDICTION, predict(inputs))


def _as_trained(df: DataFrame, spec: FeatureSpec) -> DataFrame:
    """Columns that stand in for features, in the features' types."""
    types = dict(df.dtypes)
    given = {column.name: column.data_type for column in spec.columns if column.source != SENT}
    changed = {name: kind for name, kind in given.items() if name in types and kind and types[name] != kind}
    return df.withColumns({name: F.col(f"`{name}`").cast(kind) for name, kind in changed.items()}) if changed else df


def _udf(packed: bytes, columns: list[str], result_type: str, params: dict[str, Any] | None) -> Callable[..., Any]:
    def predict(batches: Iterator[pd.DataFrame]) -> Iterator[pd.Series]:
        # Runs on Spark's workers, which know the packages that the model requires and none of ours.
        import io
        import tarfile
        import tempfile

        import mlflow.pyfunc
        import pandas as pd

        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                archive.extractall(folder, filter="data")
            model = mlflow.pyfunc.load_model(folder)
            for batch in batches:
                said = model.predict(batch[columns], params=params) if params else model.predict(batch[columns])
                if isinstance(said, pd.DataFrame):
                    said = said.iloc[:, 0] if not result_type.startswith("array") else said.to_numpy()
                if getattr(said, "ndim", 1) > 1:
                    said = list(said) if result_type.startswith("array") else said[:, 0]
                yield pd.Series(list(said))

    return F.pandas_udf(predict, result_type)  # type: ignore[call-overload,no-any-return]


def _packed(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(folder, arcname=".")
    return buffer.getvalue()
