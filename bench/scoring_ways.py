"""Ways to score files with a version, each in processes of its own that are up before: Spark's, and plain Python ones.

Whoever starts a process imports this module, so what a way needs is imported where it is used.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil
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
class Cost:
    """Of one way to score some files."""

    seconds: float
    cpu_seconds: float
    """Of all processes that took part; hardly more when others use the machine, too."""


@dataclass(frozen=True)
class Ways:
    """The processes that are up; one way at a time."""

    version: Version
    spark: ProcessPoolExecutor
    plain: ProcessPoolExecutor

    def by_score(self, files: list[str]) -> Cost:
        """The pipelines' own."""
        return _cost(lambda: self.spark.submit(_by_score, self.version, files).result())

    def by_spark_udf(self, files: list[str]) -> Cost:
        """MLflow's function for Spark."""
        return _cost(lambda: self.spark.submit(_by_spark_udf, self.version, files).result())

    def by_plain_processes(self, files: list[str]) -> Cost:
        """The floor: the model in as many processes as Spark has cores, one file after the other."""
        return _cost(lambda: list(self.plain.map(_predict_file, files)))


def _cost(way: Callable[[], object]) -> Cost:
    spent, began = _cpu_seconds(), perf_counter()
    way()
    seconds = perf_counter() - began
    # Spark ends workers that were idle for long, so what went before is told process by process.
    return Cost(seconds, sum(cpu - spent.get(process, 0) for process, cpu in _cpu_seconds().items()))


def _cpu_seconds() -> dict[psutil.Process, float]:
    """Of every process below this one."""
    found = {}
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            found[process] = times.user + times.system
    return found


@contextmanager
def started(version: Version) -> Iterator[Ways]:
    """Start all processes, and end them."""
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(1, context, open_spark) as spark,
        ProcessPoolExecutor(CORES, context, _load, (version,)) as plain,
    ):
        yield Ways(version, spark, plain)


def open_spark() -> None:
    """A session of Spark itself, with the settings it has by itself: it is not the workspace that is measured."""
    # A bench before this one may have had a session over Spark Connect: this would be one, too.
    for name in [name for name in os.environ if name.startswith("SPARK_")]:
        del os.environ[name]
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


def _by_score(version: Version, files: list[str]) -> None:
    from pipelines.inference.scoring import score

    rows = SparkSession.active().read.parquet(*files)
    _to_nowhere(score(rows, version.files, version.inputs, version.output), version)


def _by_spark_udf(version: Version, files: list[str]) -> None:
    import mlflow.pyfunc

    spark = SparkSession.active()
    predict = mlflow.pyfunc.spark_udf(spark, str(version.files), result_type="double", env_manager="local")
    rows = spark.read.parquet(*files)
    _to_nowhere(rows.withColumn(version.output, predict(F.struct(*version.inputs))), version)


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
