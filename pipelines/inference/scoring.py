"""Scoring a Spark data frame with a model version, on Spark's workers."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql.types import DoubleType, StructField, StructType


def score(rows: DataFrame, model_folder: Path, columns: list[str], output: str) -> DataFrame:
    """`rows` plus the column `output` of the model's answers; `columns` are its inputs.

    The version's files travel inside the function, and the function names nothing of this wheel: Spark's workers need
    neither credentials of the registry nor the task's libraries, only those that the version itself requires.
    """
    schema = StructType([*rows.schema.fields, StructField(output, DoubleType())])
    packed = _pack(model_folder)

    def score_batches(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        import io
        import tarfile
        import tempfile

        import mlflow.pyfunc

        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                archive.extractall(folder, filter="data")
            model = mlflow.pyfunc.load_model(folder)
            for batch in batches:
                if len(batch):
                    yield batch.assign(**{output: model.predict(batch[columns])[output].to_numpy()})

    return rows.mapInPandas(score_batches, schema)


def _pack(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(folder, arcname=".")
    return buffer.getvalue()
