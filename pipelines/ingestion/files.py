"""Reading CSV files as strings, with the name and the time of the file that each row comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

FILE, MODIFIED = "_file", "_modified"


def read_files(
    spark: SparkSession, groups: Mapping[tuple[str, ...], Sequence[str]], required: Sequence[str]
) -> DataFrame:
    """The `required` columns of the files, as strings (NA and empty: null), with each row's FILE and MODIFIED.

    Spark matches CSV columns by position, by one file's header; files are therefore read in groups of equal header.
    """
    parts = [_read_group(spark, header, paths).select(*required, FILE, MODIFIED) for header, paths in groups.items()]
    return reduce(DataFrame.unionByName, parts)


def _read_group(spark: SparkSession, header: tuple[str, ...], paths: Sequence[str]) -> DataFrame:
    schema = StructType([StructField(column, StringType()) for column in header])
    frame = spark.read.schema(schema).options(header=True, nullValue="NA").csv(list(paths))
    blank_is_null = [
        F.when(F.trim(F.col(f"`{name}`")) != "", F.trim(F.col(f"`{name}`"))).alias(name) for name in header if name
    ]
    return frame.select(
        *blank_is_null,
        F.col("_metadata.file_name").alias(FILE),
        F.col("_metadata.file_modification_time").alias(MODIFIED),
    )
