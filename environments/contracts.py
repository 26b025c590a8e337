"""Table contracts: what a table promises to those who read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from environments.strict import Name, NonEmpty, Strict, again
from environments.validation_errors import CrossCheck

NUMBERS = ("int", "bigint", "double")
LISTED = ("string", "int", "bigint")  # types of which values can be told one by one


class Column(Strict):
    """A column of a table."""

    type: Literal["string", "int", "bigint", "double", "boolean", "date", "timestamp"] = Field(
        description="Spark SQL type"
    )
    nullable: bool = Field(default=True, description="may the column be without a value")
    comment: str = Field(default="", description="what people read of it in Catalog Explorer")
    allowed: list[str | int] = Field(default=[], description="the values that it may have; empty for any")
    minimum: float | None = Field(default=None, description="the smallest number that it may have")
    maximum: float | None = Field(default=None, description="the greatest number that it may have")
    pattern: NonEmpty | None = Field(default=None, description="regular expression of the whole of its texts")

    @property
    def has_rules(self) -> bool:
        """Does it say more of its values than their type."""
        return bool(self.allowed) or self.pattern is not None or self.minimum is not None or self.maximum is not None

    @property
    def expectation(self) -> str:
        """What its values must be, in words."""
        said = [f"a value of type {self.type}"]
        said += [f"one of {', '.join(str(value) for value in self.allowed)}"] if self.allowed else []
        said += [f"at least {self.minimum:g}"] if self.minimum is not None else []
        said += [f"at most {self.maximum:g}"] if self.maximum is not None else []
        said += [f"text like {self.pattern}"] if self.pattern is not None else []
        return ", ".join([*said, *([] if self.nullable else ["never null"])])

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Rules fit the column's type and each other."""
        of_type = f"a column of type {self.type}"
        for name in ("minimum", "maximum"):
            if getattr(self, name) is not None and self.type not in NUMBERS:
                yield CrossCheck((name,), of_type, f"no limit, or a type of {', '.join(NUMBERS)}")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            yield CrossCheck(("minimum",), f"{self.minimum:g}", f"at most the maximum, {self.maximum:g}")
        if self.allowed and self.type not in LISTED:
            yield CrossCheck(("allowed",), of_type, f"no list, or a type of {', '.join(LISTED)}")
        kind = str if self.type == "string" else int
        for index, value in enumerate(self.allowed if self.type in LISTED else ()):
            if not isinstance(value, kind):
                yield CrossCheck(("allowed", index), repr(value), f"a value of type {self.type}")
        if self.pattern is not None and self.type != "string":
            yield CrossCheck(("pattern",), of_type, "no pattern, or type string")
        elif self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as error:
                yield CrossCheck(("pattern",), f"{self.pattern!r} ({error})", "a regular expression")


class TableContract(Strict):
    """What a table promises: its columns, its key, and the column of event time if it has one."""

    checks_values: ClassVar[bool] = False
    """Are rows held against the rules of columns before they are written."""

    comment: NonEmpty = Field(description="what people read of the table in Catalog Explorer")
    columns: Annotated[dict[Name, Column], Field(min_length=1)] = Field(description="its columns by name, in order")
    primary_key: list[Name] = Field(default=[], description="columns that together are unique; never null")
    time_key: Name | None = Field(default=None, description="column that says when what a row tells was so")

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Keys are columns, and those of the primary key are never null."""
        keys = [(("primary_key", index), column) for index, column in enumerate(self.primary_key)]
        for path, column in [*keys, *([(("time_key",), self.time_key)] if self.time_key else [])]:
            if column not in self.columns:
                yield CrossCheck(path, repr(column), f"one of the table's columns: {', '.join(self.columns)}")
        for column in dict.fromkeys(self.primary_key):
            if column in self.columns and self.columns[column].nullable:
                yield CrossCheck(("columns", column), "a nullable column of the primary key", "nullable: false")
        yield from again("primary_key", self.primary_key)
        for name, content in self.columns.items():
            if content.has_rules and not self.checks_values:
                yield CrossCheck(("columns", name), "rules of its values", "none, as only landed rows are held to them")
        if self.time_key in self.columns and self.columns[self.time_key].type not in ("date", "timestamp"):
            found = f"{self.time_key!r}, a {self.columns[self.time_key].type}"
            yield CrossCheck(("time_key",), found, "a column of type date or timestamp")


class SourceTable(TableContract):
    """A bronze table and the landed CSV files (a folder of the landing volume) that fill it."""

    checks_values: ClassVar[bool] = True

    folder: Name = Field(description="folder of the landing volume where its files land")
    ignored: list[NonEmpty] = Field(
        default=[], description="columns of its files that are known and not taken; other strange ones are reported"
    )
    quarantined_share: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.05,
        description="share of a file's rows that may break the contract and are quarantined; of more, nothing is taken",
    )
    sampled: bool = Field(default=False, description="may an environment's `subset` thin this table out")


class FeatureTable(TableContract):
    """A feature table: looked up by its keys, as of the event time where it has a time key."""

    lookup_key: list[Name] = Field(
        description="columns of the label table that are matched with the primary key less the time key"
    )
    features: Annotated[list[Name], Field(min_length=1)] = Field(description="columns that the model is trained on")

    @property
    def looked_up(self) -> list[str]:
        """The primary key's columns that a lookup matches by value: all but the time key."""
        return [column for column in self.primary_key if column != self.time_key]

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Features and keys are columns; the lookup key matches the primary key."""
        yield from super().cross_checks()
        for index, feature in enumerate(self.features):
            if feature not in self.columns or feature in self.primary_key:
                yield CrossCheck(("features", index), repr(feature), "a column of the table outside its primary key")
        if self.time_key and self.time_key in self.columns and self.time_key not in self.primary_key:
            yield CrossCheck(("time_key",), repr(self.time_key), "a column of the primary key (a time series key)")
        if not self.looked_up:
            yield CrossCheck(("primary_key",), "no column but the time key's", "a column to look features up by")
        elif len(self.lookup_key) != len(self.looked_up):
            expected = f"one column for each of {', '.join(self.looked_up)}"
            yield CrossCheck(("lookup_key",), f"{len(self.lookup_key)} columns", expected)
