"""The short way from a JSON request to a data frame, for requests that surely fit a signature of scalar columns.

The signature is looked at once. What this cannot promise to read exactly as MLflow would (missing columns, other
types, numbers out of range, tensors, nested values, times, parameters, malformed JSON) is left to MLflow itself: `read`
says None, and the caller goes the long way, which also words what is wrong. So both ways give the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import orjson
import pandas as pd
from mlflow.types import DataType, Schema
from mlflow.types.schema import ColSpec

_NUMBER = frozenset({float, int})
_NONE = type(None)
# Python types, as JSON gives them, that a column takes without any doubt; and whether a null is a missing value in it.
_TAKES: dict[DataType, tuple[frozenset[type], bool]] = {
    DataType.double: (_NUMBER, True),
    DataType.float: (_NUMBER, True),
    DataType.long: (frozenset({int}), False),
    DataType.integer: (frozenset({int}), False),
    DataType.boolean: (frozenset({bool}), False),
    DataType.string: (frozenset({str}), True),
}
_Rows = list[tuple[Any, ...]]


class Columns(NamedTuple):
    """The columns of some rows, in the signature's order; one matrix where all are doubles."""

    names: tuple[str, ...]
    matrix: np.ndarray | None
    arrays: tuple[np.ndarray, ...]

    @property
    def rows(self) -> int:
        """How many rows."""
        return len(self.arrays[0] if self.matrix is None else self.matrix)

    def frame(self) -> pd.DataFrame:
        """As the model is given them."""
        if self.matrix is not None:
            return pd.DataFrame(self.matrix, columns=list(self.names))
        return pd.DataFrame(dict(zip(self.names, self.arrays, strict=True)))


def together(parts: list[Columns]) -> Columns:
    """The rows of all parts, which have the same columns, in their order."""
    first = parts[0]
    if first.matrix is not None:
        return Columns(first.names, np.concatenate([part.matrix for part in parts if part.matrix is not None]), ())
    arrays = (np.concatenate(same) for same in zip(*(part.arrays for part in parts), strict=True))
    return Columns(first.names, None, tuple(arrays))


class ColumnReader:
    """Reads requests for one signature."""

    def __init__(self, specs: list[ColSpec]) -> None:
        self._specs = {str(spec.name): spec for spec in specs}
        self._names = tuple(self._specs)
        self._all_double = all(spec.type == DataType.double for spec in specs)
        self._row = _getter(self._names)

    def read(self, body: bytes) -> Columns | None:
        """The request's columns, or None when it is not surely one that fits."""
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(document, dict) or len(document) != 1:
            return None
        ((form, data),) = document.items()
        try:
            if form == "dataframe_records":
                return self._of_records(data, nulls=True)
            if form == "dataframe_split":
                return self._of_split(data)
            if form == "instances":
                return self._of_records(data, nulls=False)
            return self._of_inputs(data) if form == "inputs" else None
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
            return None

    def _of_records(self, data: Any, nulls: bool) -> Columns | None:
        if not isinstance(data, list) or not data or set(map(type, data)) != {dict}:
            return None
        names, row = self._present(data[0])
        if names is None:
            return None
        if len(names) < len(self._names):
            absent = [name for name in self._names if name not in names]
            if any(name in record for record in data for name in absent):
                return None
        return self._columns(names, [row(record) for record in data], nulls)

    def _of_split(self, data: Any) -> Columns | None:
        if data.keys() != {"columns", "data"}:
            return None
        given, rows = data["columns"], data["data"]
        places = {name: place for place, name in enumerate(given)}
        names, _ = self._present(places)
        if names is None or not rows or len(places) < len(given) or set(map(type, given)) != {str}:
            return None
        if set(map(type, rows)) != {list} or set(map(len, rows)) != {len(given)}:
            return None
        row = _getter([places[name] for name in names])
        return self._columns(names, [row(values) for values in rows], nulls=True)

    def _of_inputs(self, data: Any) -> Columns | None:
        if not isinstance(data, dict):
            return None
        names, _ = self._present(data)
        if names is None or len(data) != len(names):
            return None
        values = [data[name] for name in names]
        if set(map(type, values)) != {list} or len(set(map(len, values))) != 1 or not values[0]:
            return None
        return self._columns(names, list(zip(*values, strict=True)), nulls=False)

    def _present(self, found: Any) -> tuple[tuple[str, ...] | None, Callable[[Any], tuple[Any, ...]]]:
        """Columns of the signature that are there, and how to take them from a row; None when a required one is not."""
        names = tuple(name for name in self._names if name in found)
        if len(names) == len(self._names):
            return names, self._row
        if not names or any(spec.required for name, spec in self._specs.items() if name not in found):
            return None, self._row
        return names, _getter(names)

    def _columns(self, names: tuple[str, ...], rows: _Rows, nulls: bool) -> Columns | None:
        if self._all_double:
            allowed = _NUMBER | {_NONE} if nulls else _NUMBER
            if not set(map(type, chain.from_iterable(rows))) <= allowed:
                return None
            return Columns(names, np.array(rows, dtype=np.float64), ())
        arrays = []
        for name, values in zip(names, zip(*rows, strict=True), strict=True):
            array = _array(values, self._specs[name].type, nulls)
            if array is None:
                return None
            arrays.append(array)
        return Columns(names, None, tuple(arrays))


def column_reader(schema: Schema | None) -> ColumnReader | None:
    """A reader for the signature's inputs, or None where only MLflow itself can read them."""
    if schema is None or schema.is_tensor_spec() or not schema.has_input_names():
        return None
    specs = schema.inputs
    names = [spec.name for spec in specs]
    if len(set(names)) < len(names) or any(spec.type not in _TAKES for spec in specs):
        return None
    return ColumnReader(specs)


def _array(values: tuple[Any, ...], kind: DataType, nulls: bool) -> np.ndarray | None:
    taken, takes_null = _TAKES[kind]
    found = set(map(type, values))
    if not found <= (taken | {_NONE} if nulls and takes_null else taken):
        return None
    if kind == DataType.string:
        array = np.empty(len(values), dtype=object)
        array[:] = values
        return array
    if kind == DataType.float:
        # Whole numbers go to single precision at once, as with pandas: by way of doubles they would be rounded twice.
        return np.array(values, dtype=np.int64 if found == {int} else np.float64).astype(np.float32)
    return np.array(values, dtype=kind.to_numpy())


def _getter(keys: Iterable[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Takes the values of these keys, always as a tuple."""
    wanted = tuple(keys)
    if len(wanted) == 1:
        (only,) = wanted
        return lambda row: (row[only],)
    return itemgetter(*wanted)
