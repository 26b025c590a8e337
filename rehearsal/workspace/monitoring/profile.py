"""Profile metrics: what each group of rows has in each column, by numpy, a column at a time.

The formulas and names of https://learn.microsoft.com/azure/databricks/lakehouse-monitoring/monitor-output; counts of
distinct values and quantiles, which Databricks approximates, are exact here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rehearsal.workspace.monitoring import texts
from rehearsal.workspace.monitoring.groups import Codes, Group, Grouping
from rehearsal.workspace.monitoring.monitors import WHOLE_TABLE

QUANTILES = 1000
FREQUENT_ITEMS = 100
_FRACTIONS = np.arange(QUANTILES) / (QUANTILES - 1)
_DENSE = 4_000_000  # pairs of group and item up to which counting them beats sorting them
_SHORT = 1 << 16  # numpy sorts integers of 16 bits by radix
Metrics = dict[str, Any]
Measured = dict[Group, dict[str, Metrics]]
Array = NDArray[Any]


def measured(rows: pa.Table, types: dict[str, str], groupings: Sequence[Grouping]) -> Measured:
    """Metrics by group and column; `:table` is the whole.

    Args:
        types: the columns to measure, with their types as Spark writes them.
    """
    result: Measured = {group: {} for grouping in groupings for group in grouping.groups}
    totals = [grouping.rows for grouping in groupings]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # numpy sorts without Python's lock
        columns = pool.map(lambda name: _column(rows[name], groupings, totals), types)
        for (name, kind), found in zip(types.items(), columns, strict=True):
            for grouping, metrics in zip(groupings, found, strict=True):
                for group, one in zip(grouping.groups, metrics, strict=True):
                    result[group][name] = {"data_type": kind, **one}
    for grouping, total in zip(groupings, totals, strict=True):
        for group, count in zip(grouping.groups, total, strict=True):
            filled = sorted(name for name, metrics in result[group].items() if metrics["count"])
            result[group][WHOLE_TABLE] = {"count": int(count), "non_null_columns": filled}
    return result


def _column(column: pa.ChunkedArray, groupings: Sequence[Grouping], totals: Sequence[Array]) -> list[list[Metrics]]:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    valid = column.is_valid().to_numpy() if column.null_count else None
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        parts = list(_numeric(column, groupings))
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind):
        parts = list(_categorical(column, groupings))
    elif pa.types.is_temporal(kind) or pa.types.is_binary(kind):
        parts = [_distinct(texts.encoded(column), grouping) for grouping in groupings]
    else:
        parts = [[{} for _ in grouping.groups] for grouping in groupings]
    for grouping, total, metrics in zip(groupings, totals, parts, strict=True):
        counts = total if valid is None else _counted(grouping.codes, len(total), valid)
        for one, rows, count in zip(metrics, total.tolist(), counts.tolist(), strict=True):
            _complete(one, rows, count)
    return parts


def _complete(metrics: Metrics, rows: int, count: int) -> None:
    metrics |= {"count": count, "num_nulls": rows - count}
    for share, counted in (("percent_null", "num_nulls"), ("percent_zeros", "num_zeros"), ("percent_nan", "num_nan")):
        metrics[share] = 100.0 * metrics[counted] / rows if counted in metrics else None
    metrics["percent_distinct"] = (
        100.0 * metrics["distinct_count"] / count if count and "distinct_count" in metrics else None
    )


def _numeric(column: pa.ChunkedArray, groupings: Sequence[Grouping]) -> Iterator[list[Metrics]]:
    """Sorted once; each grouping then sorts the groups' short codes alone, which keeps the values in order."""
    values = _numbers(column)
    nan = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), bool)
    known = ~nan
    if column.null_count:
        valid = column.is_valid().to_numpy()
        known, nan = known & valid, nan & valid
    order = np.argsort(values)
    if not known.all():
        order = order[known[order]]
    values = values[order]
    any_nan = bool(nan.any())
    for grouping in groupings:
        size = len(grouping.groups)
        ordered, ends = _by_group(values, grouping.codes[order], size)
        nans = _counted(grouping.codes, size, nan).tolist() if any_nan else [0] * size
        starts = np.append(0, ends)[:-1]
        changes = np.append(1, ordered[1:] != ordered[:-1]).astype(np.int64)
        changes[starts[starts < len(ordered)]] = 1
        distinct, zeros = _summed(changes, ends), _summed(ordered == 0, ends)
        yield [
            _of_numbers(ordered[start:end])
            | {"num_nan": nan, "num_zeros": zero, "distinct_count": different + (nan > 0)}
            for start, end, nan, zero, different in zip(
                starts.tolist(), ends.tolist(), nans, zeros.tolist(), distinct.tolist(), strict=True
            )
        ]


def _of_numbers(ordered: Array) -> Metrics:
    """Of a group's numbers in ascending order; quantiles are values that occur, as Spark's percentile_approx gives."""
    size = len(ordered)
    if not size:
        return {}
    ranks = np.maximum(np.ceil(_FRACTIONS * size).astype(np.int64) - 1, 0)
    return {
        "avg": float(ordered.mean()),
        "stddev": float(ordered.std(ddof=1)) if size > 1 else None,
        "min": float(ordered[0]),
        "max": float(ordered[-1]),
        "median": float((ordered[(size - 1) // 2] + ordered[size // 2]) / 2),
        "quantiles": ordered[ranks].astype(np.float64),
    }


def _categorical(column: pa.ChunkedArray, groupings: Sequence[Grouping]) -> Iterator[list[Metrics]]:
    array = texts.encoded(column)
    items = array.dictionary
    measures = pa.types.is_string(items.type) or pa.types.is_large_string(items.type)
    lengths = pc.utf8_length(items).to_numpy(zero_copy_only=False).astype(np.float64) if measures else None
    for grouping in groupings:
        metrics = []
        for codes, counts in _tallied(array, grouping):
            one: Metrics = {"distinct_count": len(codes), "frequent_items": _frequent(items, codes, counts)}
            if lengths is not None and len(codes):
                found = lengths[codes]
                mean = float(found @ counts) / int(counts.sum())
                one |= {"min_length": float(found.min()), "max_length": float(found.max()), "avg_length": mean}
            metrics.append(one)
        yield metrics


def _frequent(items: pa.Array, codes: Codes, counts: Array) -> list[Metrics]:
    """The most frequent items, the most frequent first, those of the same count by name."""
    if len(codes) > FREQUENT_ITEMS:
        most = np.argsort(-counts, kind="stable")[:FREQUENT_ITEMS]
        codes, counts = codes[most], counts[most]
    named = zip(items.take(pa.array(codes)).to_pylist(), counts.tolist(), strict=True)
    found = sorted(((texts.spark_text(item), count) for item, count in named), key=lambda pair: (-pair[1], pair[0]))
    return [{"item": item, "count": count} for item, count in found]


def _distinct(array: pa.DictionaryArray, grouping: Grouping) -> list[Metrics]:
    return [{"distinct_count": len(codes)} for codes, _ in _tallied(array, grouping)]


def _tallied(array: pa.DictionaryArray, grouping: Grouping) -> Iterator[tuple[Codes, Array]]:
    """For each group: the items that occur, and how often."""
    size = len(array.dictionary)
    wanted = grouping.codes >= 0
    if array.null_count:
        wanted = wanted & array.is_valid().to_numpy(zero_copy_only=False)
    items = array.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    pairs = grouping.codes * size + items
    if not wanted.all():
        pairs = pairs[wanted]
    if size * len(grouping.groups) <= _DENSE:
        table = np.bincount(pairs, minlength=size * len(grouping.groups)).reshape(len(grouping.groups), size)
        for counts in table:
            codes = np.flatnonzero(counts)
            yield codes, counts[codes]
        return
    pairs, counts = np.unique(pairs, return_counts=True)
    ends = np.searchsorted(pairs, np.arange(1, len(grouping.groups) + 1) * size)
    start = 0
    for index, end in enumerate(ends.tolist()):
        yield pairs[start:end] - index * size, counts[start:end]
        start = end


def _numbers(column: pa.ChunkedArray) -> Array:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    array: Array = column.fill_null(0).to_numpy() if column.null_count else column.to_numpy()
    return array.astype(np.float64 if array.dtype.kind == "f" else np.int64, copy=False)


def _by_group(values: Array, codes: Codes, groups: int) -> tuple[Array, Array]:
    """Values group by group, in the order that they had, and where each group ends."""
    if len(codes) and codes.min() < 0:
        values, codes = values[codes >= 0], codes[codes >= 0]
    order = np.argsort(codes.astype(np.uint16) if groups < _SHORT else codes, kind="stable")
    ends: Array = np.cumsum(np.bincount(codes, minlength=groups))
    return values[order], ends


def _summed(flags: Array, ends: Array) -> Array:
    """Sum of each group's part, 0 where there is none."""
    sums: Array = np.append(0, np.cumsum(flags, dtype=np.int64))
    parts: Array = sums[ends] - sums[np.append(0, ends)[:-1]]
    return parts


def _counted(codes: Codes, groups: int, rows: NDArray[np.bool_]) -> Array:
    inside = codes[rows]
    return np.bincount(inside[inside >= 0], minlength=groups)
