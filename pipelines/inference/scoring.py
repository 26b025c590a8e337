"""Scoring a Spark data frame with a model version, on Spark's workers."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def score(rows: DataFrame, model_folder: Path, columns: list[str], output: str) -> DataFrame:
    """`rows` plus the column `output` of the model's answers; `columns` are its inputs.

    Only the inputs go to Python, and only the answer comes back: what else the rows have stays in Spark, which leaves
    out what nobody asks for. One column each, as a struct would be taken apart and put together once more.

    The version's files travel inside the function, and the function names nothing of this wheel: Spark's workers need
    neither credentials of the registry nor the task's libraries, only those that the version itself requires.
    """
    packed = _pack(model_folder)

    def answers(batches: Iterator[tuple[pd.Series, ...]]) -> Iterator[pd.Series]:
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
                inputs = batch if isinstance(batch, tuple) else (batch,)  # Spark hands over a single one by itself
                frame = pd.DataFrame(dict(zip(columns, inputs, strict=True)))
                yield model.predict(frame)[output].astype("float64")

    answer = F.pandas_udf(answers, "double")
    return rows.withColumn(output, answer(*[F.col(f"`{name}`") for name in columns]))


def _pack(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(folder, arcname=".")
    return buffer.getvalue()
