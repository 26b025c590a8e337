"""Every group of rows that a monitor measures: windows of each granularity × slices × models.

A row belongs to a window of each granularity, to the whole table and to each slice, and, in an inference log, to its
model and to all models together, which are called `*`. A grouping is one way to part the rows: each row is in one
group of it, or in none. https://learn.microsoft.com/azure/databricks/lakehouse-monitoring/monitor-output
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rehearsal.workspace.monitoring import windows

ALL_MODELS = "*"
Codes = NDArray[np.int64]
_DENSE = 4_000_000  # different codes up to which counting them beats sorting them


class Group(NamedTuple):
    """What rows are measured together; None where the table is not parted that way."""

    granularity: str | None
    start: datetime | None
    end: datetime | None
    slice_key: str | None
    slice_value: str | None
    model_id: str | None


@dataclass(frozen=True)
class Dimension:
    """One property by which rows are parted: a code for each row (-1: it has none) and what the codes stand for."""

    codes: Codes
    values: Sequence[str | None]


@dataclass(frozen=True)
class Grouping:
    """Groups, and for each row the index of its group, -1 where it is in none."""

    groups: list[Group]
    codes: Codes

    @property
    def rows(self) -> NDArray[np.int64]:
        """Number of rows of each group."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.groups))


Window = tuple[str | None, datetime | None, datetime | None]


@dataclass(frozen=True)
class Windows:
    """The windows of one granularity: which one each row is in (-1: none), and what they are."""

    codes: Codes
    values: Sequence[Window]


def timed(granularity: str, times: NDArray[np.int64], known: NDArray[np.bool_], touched: set[int] | None) -> Windows:
    """Windows of moments, those alone that are touched, where that is known.

    Args:
        times: microseconds since 1970.
        known: False for rows that have no time: they are in no window.
        touched: numbers of the windows that are wanted; None for all.
    """
    numbers = windows.numbers(granularity, times)
    wanted = known if touched is None else known & np.isin(numbers, np.fromiter(touched, np.int64, len(touched)))
    codes, found = compact(np.where(wanted, numbers - numbers[wanted].min(initial=0), -1))
    first = int(numbers[wanted].min(initial=0))
    return Windows(codes, [(granularity, *windows.bounds(granularity, first + int(code))) for code in found])


def whole(rows: int, window: Window) -> Windows:
    """All rows in one window."""
    return Windows(np.zeros(rows, np.int64), [window])


def groupings(
    parted: Sequence[Windows], slices: Sequence[tuple[str, Dimension]], models: Sequence[Dimension | None]
) -> list[Grouping]:
    """All ways in which rows are measured.

    Args:
        slices: slicing expressions with the rows' values.
        models: None stands for all models together, in a table that has them; an empty list for one that has not.
    """
    keyed: list[tuple[str | None, Dimension | None]] = [(None, None), *slices]
    return [
        _grouping(window, key, values, model, bool(models))
        for window, (key, values), model in product(parted, keyed, models or [None])
    ]


def _grouping(
    window: Windows, key: str | None, values: Dimension | None, model: Dimension | None, modelled: bool
) -> Grouping:
    codes = window.codes
    sliced: Sequence[str | None] = values.values if values else [None]
    named: Sequence[str | None] = model.values if model else [ALL_MODELS if modelled else None]
    for dimension in (values, model):
        if dimension is not None:
            inside = (codes >= 0) & (dimension.codes >= 0)
            codes = np.where(inside, codes * len(dimension.values) + dimension.codes, -1)
    codes, found = compact(codes)
    groups = []
    for code in found:
        rest, model_code = divmod(int(code), len(named))
        place, slice_code = divmod(rest, len(sliced))
        groups.append(Group(*window.values[place], key, sliced[slice_code], named[model_code]))
    return Grouping(groups, codes)


def compact(codes: Codes) -> tuple[Codes, NDArray[np.int64]]:
    """Codes renumbered from 0 without gaps, in the same order, and which code each number was; -1 stays."""
    largest = int(codes.max(initial=-1))
    if largest < _DENSE:
        present = np.bincount(codes[codes >= 0], minlength=largest + 1) > 0
        numbers = np.append(np.cumsum(present) - 1, -1)  # the last is where -1 points at
        return numbers[codes], np.flatnonzero(present)
    found, renumbered = np.unique(codes, return_inverse=True)
    outside = int(found[0] == -1)
    return renumbered - outside, found[outside:]
