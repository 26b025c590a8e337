"""Spark's types in Unity Catalog's terms."""

from __future__ import annotations

from databricks.sdk.service.catalog import ColumnTypeName
from pyspark.sql.types import DataType

_NAMES = {"bigint": "LONG", "integer": "INT", "smallint": "SHORT", "tinyint": "BYTE", "void": "NULL"}


def type_name(kind: DataType) -> ColumnTypeName:
    """The catalog's name of a type."""
    name = kind.typeName().partition("(")[0]
    return ColumnTypeName(_NAMES.get(name, name.upper()))
