"""Values of statements' results: as the API's formats have them, and back to what programs compute with.

https://docs.databricks.com/api/azure/workspace/statementexecution/executestatement (format)
"""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

Value = float | int | str | bool | None
Row = list[str | None]
_WHOLE = ("INT", "LONG", "BYTE", "SHORT")
_NUMBERS = (*_WHOLE, "FLOAT", "DOUBLE", "DECIMAL")
MEDIA_TYPES = {
    "JSON_ARRAY": "application/json",
    "CSV": "text/csv",
    "ARROW_STREAM": "application/vnd.apache.arrow.stream",
}


def typed(text: str | None, type_name: str) -> Value:
    """A value by the manifest's type: numbers and booleans as such, all else as its text, null as None."""
    if text is None:
        return None
    if type_name in _WHOLE:
        return int(text)
    if type_name in _NUMBERS:
        return float(text)
    return text == "true" if type_name == "BOOLEAN" else text


def rows(table: pa.Table) -> list[Row]:
    """Rows of texts, null as None."""
    columns = [_texts(column) for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def encoded(table: pa.Table, kind: str, first: bool) -> bytes:
    """A chunk as a file in format JSON_ARRAY or CSV; the first chunk of a CSV has the header."""
    if kind == "JSON_ARRAY":
        return json.dumps(rows(table), separators=(",", ":"), ensure_ascii=False).encode()
    text = io.StringIO()
    writer = csv.writer(text)
    if first:
        writer.writerow(table.column_names)
    writer.writerows(["null" if value is None else value for value in row] for row in rows(table))
    return text.getvalue().encode()


def _texts(column: pa.ChunkedArray) -> Row:
    kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_date(kind):
        found: Row = column.cast(pa.string()).to_pylist()
        return found
    return [None if value is None else _text(value, kind) for value in column.to_pylist()]


def _text(value: Any, kind: pa.DataType) -> str:
    """Structures as JSON text; times as ISO 8601, those without zone without one."""
    if pa.types.is_nested(kind):
        return json.dumps(_plain(value, kind), default=str)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.isoformat(timespec="milliseconds")
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value.hex().upper() if isinstance(value, bytes) else str(value)


def _plain(value: Any, kind: pa.DataType) -> Any:
    """Maps, which Arrow gives as pairs, as objects."""
    if value is None:
        return None
    if pa.types.is_map(kind):
        return {str(key): _plain(item, kind.item_type) for key, item in value}
    if pa.types.is_struct(kind):
        return {field.name: _plain(value[field.name], field.type) for field in kind}
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [_plain(item, kind.value_type) for item in value]
    return value
