"""Finds what in a JSON request does not fit a model's signature: names the column, what was found, what is expected.

Runs before MLflow's own parsing, whose messages print the whole data frame, or which converts in silence (2.5 to the
integer 2, any text to NaN). Only columns with a scalar type are judged; tensors and nested types are left to MLflow.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from mlflow.types import DataType, Schema
from mlflow.types.schema import ColSpec

_FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_WHOLE = (DataType.integer, DataType.long)
_BOUND = {DataType.integer: 2**31, DataType.long: 2**63}  # what is beyond would be wrapped around in silence
_FRACTIONAL = (DataType.float, DataType.double)
_SHOWN_CHARACTERS = 80


def diagnose(body: bytes, content_type: str, schema: Schema | None) -> str | None:
    """A complaint about the request, or None when nothing is found that MLflow itself would not say clearly."""
    if content_type.split(";")[0].strip() != "application/json":
        return None
    try:
        request = json.loads(body)
    except ValueError as error:
        return f"The request's body is not valid JSON: {error}."
    if not isinstance(request, dict):
        return f"The request's body must be a JSON object with one of {list(_FORMATS)}; found {_kind(request)}."
    present = [name for name in _FORMATS if name in request]
    if len(present) != 1:
        return (
            f"The request's body must have exactly one of the fields {list(_FORMATS)}; "
            f"found {sorted(request) or 'none'}."
        )
    if schema is None or schema.is_tensor_spec() or not schema.has_input_names():
        return None
    columns = _columns(present[0], request[present[0]])
    return None if columns is None else _judge(columns, schema)


def _columns(form: str, data: Any) -> dict[str, list[Any]] | None:
    """Values by column, where the request has columns at all and is shaped as its format says."""
    if form == "dataframe_split":
        if not isinstance(data, dict) or not isinstance(data.get("columns"), list):
            return None
        rows = data.get("data")
        if not isinstance(rows, list) or any(not isinstance(row, list) for row in rows):
            return None
        if any(len(row) != len(data["columns"]) for row in rows):
            return None
        return {name: [row[place] for row in rows] for place, name in enumerate(data["columns"])}
    if isinstance(data, dict) and form == "inputs":
        return {name: values if isinstance(values, list) else [values] for name, values in data.items()}
    if isinstance(data, list) and all(isinstance(row, dict) for row in data):
        names = dict.fromkeys(name for row in data for name in row)
        return {name: [row.get(name) for row in data] for name in names}
    return None


def _judge(columns: dict[str, list[Any]], schema: Schema) -> str | None:
    missing = [
        f"'{spec.name}' ({spec.type.name if isinstance(spec.type, DataType) else spec.type})"
        for spec in schema.inputs
        if spec.required and spec.name not in columns
    ]
    if missing:
        return (
            f"Missing required column{'s' if len(missing) > 1 else ''}: {', '.join(missing)}. "
            f"Found columns: {sorted(map(str, columns))}."
        )
    for spec in schema.inputs:
        if spec.name in columns and isinstance(spec.type, DataType):
            for row, value in enumerate(columns[spec.name]):
                if not _fits(value, spec):
                    return (
                        f"Wrong type in column '{spec.name}', row {row}: found {_kind(value)}, "
                        f"expected {spec.type.name}{'' if spec.required else ' or null'}."
                    )
    return None


def _fits(value: Any, spec: ColSpec) -> bool:
    kind = spec.type
    if value is None:
        # A null in a floating or text column is a missing value, which MLflow lets pass even where it is required.
        return not spec.required or kind in (*_FRACTIONAL, DataType.string, DataType.datetime)
    if kind in _WHOLE:
        whole = isinstance(value, int) or (isinstance(value, float) and value % 1 == 0)
        return whole and not isinstance(value, bool) and -_BOUND[kind] <= value < _BOUND[kind]
    if kind in _FRACTIONAL:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == DataType.boolean:
        return isinstance(value, bool)
    if kind in (DataType.string, DataType.binary):
        return isinstance(value, str)
    if kind == DataType.datetime:
        return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and _is_time(value))
    return True


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _kind(value: Any) -> str:
    """The value in JSON's words, such as `string "far"`."""
    names = {str: "string", bool: "boolean", int: "integer", float: "double", list: "array", dict: "object"}
    if value is None:
        return "null"
    text = json.dumps(value)
    shown = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
    return f"{names[type(value)]} {shown}"
