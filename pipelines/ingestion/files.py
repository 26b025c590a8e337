"""Reading landed CSV files as strings, after each file's header was checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from pipelines.errors import PipelineError

FILE = "_file"


def read_files(spark: SparkSession, folder: str, required: Sequence[str]) -> DataFrame:
    """The `required` columns of all CSV files of `folder`, as strings (NA and empty: null), with their file's name.

    Spark matches CSV columns by position, by one file's header; files are therefore read in groups of equal header.
    """
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for path in csv_files(folder):
        header = tuple(spark.read.option("header", True).csv(path).columns)
        missing = [column for column in required if column not in header]
        if missing:
            raise PipelineError(
                f"file {path}, column{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
                f"the columns {', '.join(header) or '(none)'}",
                f"all of {', '.join(required)}",
            )
        groups[header].append(path)
    parts = [_read_group(spark, header, paths).select(*required, FILE) for header, paths in groups.items()]
    return reduce(DataFrame.unionByName, parts)


def csv_files(folder: str) -> list[str]:
    """Paths of the CSV files of a folder of a volume, sorted."""
    from databricks.sdk.runtime import dbutils

    try:
        entries = dbutils.fs.ls(folder)
    except Exception as error:  # dbutils raises the JVM's exceptions, which have no Python type of their own
        raise PipelineError(f"folder {folder}", f"an error when listing it ({error})", "CSV files") from error
    paths = sorted(f"{folder}/{entry.name}" for entry in entries if entry.name.endswith(".csv"))
    if not paths:
        raise PipelineError(f"folder {folder}", "no CSV file", "at least one")
    return paths


def _read_group(spark: SparkSession, header: tuple[str, ...], paths: list[str]) -> DataFrame:
    schema = StructType([StructField(column, StringType()) for column in header])
    frame = spark.read.schema(schema).options(header=True, nullValue="NA").csv(paths)
    blank_is_null = [
        F.when(F.trim(F.col(f"`{name}`")) != "", F.trim(F.col(f"`{name}`"))).alias(name) for name in header if name
    ]
    return frame.select(*blank_is_null, F.col("_metadata.file_name").alias(FILE))
