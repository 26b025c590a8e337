"""Columns of a table, read from its Delta log and told in Unity Catalog's terms."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from databricks.sdk.service.catalog import ColumnInfo, ColumnTypeName
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

# Delta's name of a primitive type -> (Spark SQL's, Unity Catalog's).
_PRIMITIVES = {
    "string": ("string", ColumnTypeName.STRING),
    "long": ("bigint", ColumnTypeName.LONG),
    "integer": ("int", ColumnTypeName.INT),
    "short": ("smallint", ColumnTypeName.SHORT),
    "byte": ("tinyint", ColumnTypeName.BYTE),
    "float": ("float", ColumnTypeName.FLOAT),
    "double": ("double", ColumnTypeName.DOUBLE),
    "boolean": ("boolean", ColumnTypeName.BOOLEAN),
    "binary": ("binary", ColumnTypeName.BINARY),
    "date": ("date", ColumnTypeName.DATE),
    "timestamp": ("timestamp", ColumnTypeName.TIMESTAMP),
    "timestamp_ntz": ("timestamp_ntz", ColumnTypeName.TIMESTAMP_NTZ),
    "variant": ("variant", ColumnTypeName.VARIANT),
}
_NESTED = {"struct": ColumnTypeName.STRUCT, "array": ColumnTypeName.ARRAY, "map": ColumnTypeName.MAP}
_DECIMAL = re.compile(r"decimal\((\d+),\s*(-?\d+)\)")


def columns(location: str | Path) -> list[ColumnInfo]:
    """The columns of the table's latest version; none while nothing has been written."""
    try:
        table = DeltaTable(str(location))
    except TableNotFoundError:
        return []
    partitions = table.metadata().partition_columns
    fields = json.loads(table.schema().to_json())["fields"]
    return [_column(position, field, partitions) for position, field in enumerate(fields)]


def _column(position: int, field: dict[str, Any], partitions: list[str]) -> ColumnInfo:
    text, name = _type(field["type"])
    column = ColumnInfo(
        name=field["name"],
        type_text=text,
        type_name=name,
        type_json=json.dumps(field),
        position=position,
        nullable=field["nullable"],
        comment=field.get("metadata", {}).get("comment"),
    )
    decimal = _DECIMAL.fullmatch(text)
    if decimal:
        column.type_precision, column.type_scale = int(decimal[1]), int(decimal[2])
    if field["name"] in partitions:
        column.partition_index = partitions.index(field["name"])
    return column


def _type(delta: str | dict[str, Any]) -> tuple[str, ColumnTypeName]:
    if isinstance(delta, dict):
        return _nested(delta), _NESTED[delta["type"]]
    if _DECIMAL.fullmatch(delta):
        return delta, ColumnTypeName.DECIMAL
    return _PRIMITIVES[delta]


def _nested(delta: dict[str, Any]) -> str:
    if delta["type"] == "array":
        return f"array<{_type(delta['elementType'])[0]}>"
    if delta["type"] == "map":
        return f"map<{_type(delta['keyType'])[0]},{_type(delta['valueType'])[0]}>"
    return "struct<" + ",".join(f"{field['name']}:{_type(field['type'])[0]}" for field in delta["fields"]) + ">"
