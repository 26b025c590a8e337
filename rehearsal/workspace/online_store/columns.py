"""Columns of a Delta table as PostgreSQL keeps them, and batches of rows as its COPY reads them."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
from pyarrow import csv

_SIMPLE = {
    pa.bool_(): "boolean",
    pa.int8(): "smallint",
    pa.int16(): "smallint",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float32(): "real",
    pa.float64(): "double precision",
    pa.string(): "text",
    pa.large_string(): "text",
    pa.string_view(): "text",
    pa.date32(): "date",
}


def postgres_type(kind: pa.DataType) -> str:
    """PostgreSQL's type for an Arrow type: exact for each that can be a feature; nested values become JSON."""
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if pa.types.is_timestamp(kind):
        return "timestamptz" if kind.tz else "timestamp"
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision},{kind.scale})"
    return "bytea" if _is_binary(kind) else "jsonb"


def csv_rows(batch: pa.RecordBatch) -> bytes:
    """The rows as CSV: text in quotes, null as nothing at all, which is what COPY tells the two apart by."""
    arrays = [_plain(column) for column in batch.columns]
    plain = pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)
    sink = io.BytesIO()
    csv.write_csv(plain, sink, csv.WriteOptions(include_header=False, quoting_style="needed"))
    return sink.getvalue()


def _plain(column: pa.Array) -> pa.Array:
    kind = column.type
    if _is_binary(kind):
        return pa.array([None if value is None else "\\x" + value.hex() for value in column.to_pylist()], pa.string())
    if pa.types.is_string_view(kind) or pa.types.is_dictionary(kind):
        return column.cast(pa.string())
    if postgres_type(kind) == "jsonb":
        values = column.to_pylist()
        return pa.array(
            [None if value is None else json.dumps(value, default=_as_text) for value in values], pa.string()
        )
    return column


def _is_binary(kind: pa.DataType) -> bool:
    return kind in (pa.binary(), pa.large_binary(), pa.binary_view())


def _as_text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
