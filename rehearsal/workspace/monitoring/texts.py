"""Values as Spark casts them to strings, coded by a dictionary: what slices, models and classes are called."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from rehearsal.workspace.monitoring.groups import Dimension

_PLAIN_FROM, _PLAIN_BELOW = 1e-3, 1e7


class Unwritten(Exception):
    """Values of this type are not written here as Spark would write them."""


def coded(column: pa.ChunkedArray) -> Dimension:
    """The column's values as texts, null as None. Raises Unwritten."""
    array = encoded(column)
    values: list[str | None] = [spark_text(value) for value in array.dictionary.to_pylist()]
    codes = array.indices.fill_null(len(values)).to_numpy(zero_copy_only=False).astype("int64")
    return Dimension(codes, [*values, None] if array.null_count else values)


def encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """The column in one piece, each different value once and a code for each row."""
    already = pa.types.is_dictionary(column.type)
    if not len(column):
        kind = column.type.value_type if already else column.type
        return pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.array([], kind))
    return (column if already else pc.dictionary_encode(column)).unify_dictionaries().combine_chunks()


def spark_text(value: object) -> str:
    """One value. Raises Unwritten."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | str):
        return str(value)
    if isinstance(value, float):
        return _java_double(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    raise Unwritten(type(value).__name__)


def _java_double(value: float) -> str:
    """https://docs.oracle.com/javase/8/docs/api/java/lang/Double.html#toString-double-"""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or _PLAIN_FROM <= abs(value) < _PLAIN_BELOW:
        return f"{value:.1f}" if value == int(value) else format_plain(value)
    digits, _, exponent = f"{value!r}".partition("e")
    if not exponent:
        digits, _, exponent = _scientific(value).partition("e")
    return f"{digits if '.' in digits else digits + '.0'}E{int(exponent)}"


def format_plain(value: float) -> str:
    """Shortest digits that give the value back, without an exponent."""
    text = repr(value)
    return text if "e" not in text else f"{value:f}".rstrip("0")


def _scientific(value: float) -> str:
    precision = next(digits for digits in range(17) if float(f"{value:.{digits}e}") == value)
    return f"{value:.{precision}e}"
