"""Reading CSV files as strings, with the name and the time of the file that each row comes from, and its text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

FILE, MODIFIED, ROW, MALFORMED = "_file", "_modified", "_row", "_malformed"
NULLS = ("", "NA")
_PATTERN = re.compile(r"[][{}*?\\]")  # what Spark takes for a pattern in a path


def read_files(
    spark: SparkSession, groups: Mapping[tuple[str, ...], Sequence[str]], required: Sequence[str]
) -> DataFrame:
    """The `required` columns of the files, as strings (NA and empty: null), with each row's FILE, MODIFIED and ROW.

    ROW is the row as it landed, with all columns of its file: JSON, or the line itself where that has more or fewer
    fields than the header. MALFORMED is such a line, null for all other rows.
    Spark matches CSV columns by position, by one file's header; files are therefore read in groups of equal header.
    """
    parts = [_read_group(spark, header, paths, required) for header, paths in groups.items()]
    return reduce(DataFrame.unionByName, parts)


def _read_group(
    spark: SparkSession, header: tuple[str, ...], paths: Sequence[str], required: Sequence[str]
) -> DataFrame:
    schema = StructType([StructField(column, StringType()) for column in (*header, MALFORMED)])
    # A line's fields are counted only when all are read: else a row would be whole in one query and broken in another.
    options = {"header": True, "columnNameOfCorruptRecord": MALFORMED, "columnPruning": False}
    frame = spark.read.schema(schema).options(**options).csv([_PATTERN.sub(r"\\\g<0>", path) for path in paths])
    as_json = F.to_json(F.struct(*[F.col(f"`{name}`") for name in header if name]), {"ignoreNullFields": "false"})
    return frame.select(
        *[_value(name).alias(name) for name in required],
        true_name(F.col("_metadata.file_name"), [path.rsplit("/", 1)[-1] for path in paths]).alias(FILE),
        F.col("_metadata.file_modification_time").alias(MODIFIED),
        F.coalesce(MALFORMED, as_json).alias(ROW),
        MALFORMED,
    )


def true_name(told: Column, names: Sequence[str]) -> Column:
    """Which of the names Spark means: it tells them percent-encoded, which is not documented and may change."""
    decoded = F.try_url_decode(F.replace(told, F.lit("+"), F.lit("%2B")))  # made for forms, it takes + for a space
    return F.when(decoded.isin(*names), decoded).otherwise(told)


def _value(name: str) -> Column:
    trimmed = F.trim(F.col(f"`{name}`"))
    return F.when(~trimmed.isin(*NULLS), trimmed)
