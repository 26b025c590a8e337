"""The CSV file that a new model begins with: its columns with their types, and what of it settles the settings."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

import pandas as pd

from environments.mistakes import Mistake, SettingsError

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
# 007 is no number: it is a code, which would lose its zeros.
WHOLE = r"[+-]?(0|[1-9]\d{0,17})"
NUMBER = r"[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?"
NO_VALUE = ("", "NA")  # as ingestion reads them
LEAST_ROWS = 600  # a twelfth is a month of a rehearsal, a quarter is what staging begins with
LEAST_DAYS = 10


def refuse(file: Path, key: str, found: str, expected: str) -> SettingsError:
    """The one message about a file, or about what was answered about it."""
    return SettingsError([Mistake(file, None, key, found, expected)])


@dataclass(frozen=True)
class Sample:
    """The file's rows, as texts; None where there is no value."""

    file: Path
    rows: pd.DataFrame

    @cached_property
    def types(self) -> dict[str, str]:
        """Each column's type in Spark SQL, by all of its values."""
        return {str(name): _type_of(self.rows[name]) for name in self.rows}

    @property
    def table(self) -> str:
        """The bronze table's name: the file's."""
        return self.file.stem

    def has_gaps(self, column: str) -> bool:
        """Is a value missing somewhere."""
        return bool(self.rows[column].isna().any())

    def values(self, column: str) -> list[str]:
        """The different values of a column, sorted."""
        return sorted(self.rows[column].dropna().unique())

    def times(self, column: str) -> pd.Series[pd.Timestamp]:
        """A column's values as times, UTC. Raises SettingsError, which names the first row that has none."""
        times = pd.to_datetime(self.rows[column], format="ISO8601", utc=True, errors="coerce")
        if times.isna().any():
            row = int(times.isna().to_numpy().argmax())
            value = self.rows[column].iloc[row]
            found = f"{value!r} in row {row + 1}" if isinstance(value, str) else f"nothing in row {row + 1}"
            raise refuse(self.file, column, found, "a time in each row, such as 2013-01-31T06:00:00Z")
        return times

    def in_time(self, column: str) -> Sample:
        """The same rows in the order of their time."""
        order = self.times(column).sort_values(kind="stable").index
        return Sample(self.file, self.rows.loc[order].reset_index(drop=True))

    def first_quarter(self, time: str) -> tuple[Sample, timedelta]:
        """What staging begins with, of rows in order, and how long that lasts. Raises SettingsError when too short."""
        quarter = Sample(self.file, self.rows.iloc[: len(self.rows) // 4])
        times = quarter.times(time)
        lasts: timedelta = (times.iloc[-1] - times.iloc[0]).to_pytimedelta()
        if lasts < timedelta(days=LEAST_DAYS):
            expected = f"{LEAST_DAYS} at least: with a quarter of the rows staging trains and tests"
            raise refuse(self.file, time, f"{lasts.days} days in the first quarter of the rows", expected)
        return quarter, lasts


def read(file: Path) -> Sample:
    """The file. Raises SettingsError for what no model can begin with."""
    if not file.is_file():
        raise refuse(file, "", "no such file", "a CSV file with a header")
    if not NAME.fullmatch(file.stem) or file.suffix != ".csv":
        expected = "a name such as hours.csv, as the table's is taken from it: lower-case letters, digits and _"
        raise refuse(file, "", repr(file.name), expected)
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            lines = csv.reader(text, strict=True)
            header = next(lines, [])
            fields = [_fields(file, line, header, lines.line_num) for line in lines if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise refuse(file, "", str(error), "a CSV file with a header, in UTF-8") from error
    if not header:
        raise refuse(file, "", "an empty file", "a CSV file with a header")
    for column in header:
        if not NAME.fullmatch(column) or header.count(column) > 1:
            expected = "a header of different names, each 1 to 63 lower-case letters, digits and _, a letter first"
            raise refuse(file, column, repr(column) + (" again" if header.count(column) > 1 else ""), expected)
    if len(fields) < LEAST_ROWS:
        raise refuse(file, "", f"{len(fields)} rows", f"{LEAST_ROWS} at least, for training, tests and twelve months")
    rows = pd.DataFrame(fields, columns=header, dtype=str)
    return Sample(file, rows.mask(rows.isin(NO_VALUE)))


def _fields(file: Path, line: list[str], header: list[str], number: int) -> list[str]:
    if len(line) != len(header):
        expected = f"{len(header)}, as the header has"
        raise SettingsError([Mistake(file, number, "", f"{len(line)} fields", expected)])
    return [field.strip() for field in line]


def _type_of(texts: pd.Series[str]) -> str:
    values = texts.dropna()
    if len(values) == len(texts) and values.str.fullmatch(WHOLE).all():
        return "bigint"
    return "double" if len(values) and values.str.fullmatch(NUMBER).all() else "string"
