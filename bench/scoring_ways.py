"""Ways to score files with a version, each in processes of its own that are up before: Spark's, and plain Python ones.

Whoever starts a process imports this module, so what a way needs is imported where it is used.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

CORES = os.cpu_count() or 1
_BATCH = 10_000  # Spark's own: spark.sql.execution.arrow.maxRecordsPerBatch
_in_process: dict[str, Any] = {}  # the model, of a plain process


@dataclass(frozen=True)
class Version:
    """A version's files and what is known of them."""

    files: Path
    inputs: list[str]
    key: list[str]
    output: str


@dataclass(frozen=True)
class Ways:
    """The processes that are up; each way returns its seconds."""

    version: Version
    spark: ProcessPoolExecutor
    plain: ProcessPoolExecutor

    def by_score(self, files: list[str]) -> float:
        """The pipelines' own."""
        return self.spark.submit(_by_score, self.version, files).result()

    def by_spark_udf(self, files: list[str]) -> float:
        """MLflow's function for Spark."""
        return self.spark.submit(_by_spark_udf, self.version, files).result()

    def by_plain_processes(self, files: list[str]) -> float:
        """The floor: the model in as many processes as Spark has cores, one file after the other."""
        before = perf_counter()
        list(self.plain.map(_predict_file, files))
        return perf_counter() - before


@contextmanager
def started(version: Version) -> Iterator[Ways]:
    """Start all processes, and end them."""
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(1, context, _open_spark) as spark,
        ProcessPoolExecutor(CORES, context, _load, (version,)) as plain,
    ):
        yield Ways(version, spark, plain)


def _open_spark() -> None:
    """A session of Spark itself, with the settings it has by itself: it is not the workspace that is measured."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    session = (
        SparkSession.builder.master(f"local[{CORES}]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.memory", "2g")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")


def _by_score(version: Version, files: list[str]) -> float:
    from pipelines.inference.scoring import score

    before = perf_counter()
    rows = SparkSession.active().read.parquet(*files)
    _to_nowhere(score(rows, version.files, version.inputs, version.output), version)
    return perf_counter() - before


def _by_spark_udf(version: Version, files: list[str]) -> float:
    import mlflow.pyfunc

    before = perf_counter()
    spark = SparkSession.active()
    predict = mlflow.pyfunc.spark_udf(spark, str(version.files), result_type="double", env_manager="local")
    rows = spark.read.parquet(*files)
    _to_nowhere(rows.withColumn(version.output, predict(F.struct(*version.inputs))), version)
    return perf_counter() - before


def _to_nowhere(scored: DataFrame, version: Version) -> None:
    """What the predictions table takes, read and computed for a table that keeps nothing."""
    scored.select(*version.key, version.output).write.format("noop").mode("overwrite").save()


def _load(version: Version) -> None:
    os.environ["OMP_NUM_THREADS"] = "1"  # as Spark has it for a worker: the processes fill the cores
    import mlflow.pyfunc

    _in_process["model"], _in_process["version"] = mlflow.pyfunc.load_model(str(version.files)), version


def _predict_file(file: str) -> None:
    import pyarrow.parquet

    model, version = _in_process["model"], _in_process["version"]
    for batch in pyarrow.parquet.ParquetFile(file).iter_batches(_BATCH, columns=[*version.key, *version.inputs]):
        model.predict(batch.select(version.inputs).to_pandas())
