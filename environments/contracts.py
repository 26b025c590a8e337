"""Table contracts: what a table promises to those who read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from environments.strict import Name, NonEmpty, Strict, again
from environments.validation_errors import CrossCheck


class Column(Strict):
    """A column of a table."""

    type: Literal["string", "int", "bigint", "double", "boolean", "date", "timestamp"] = Field(
        description="Spark SQL type"
    )
    nullable: bool = Field(default=True, description="may the column be without a value")
    comment: str = Field(default="", description="what people read of it in Catalog Explorer")


class TableContract(Strict):
    """What a table promises: its columns, its key, and the column of event time if it has one."""

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
        if self.time_key in self.columns and self.columns[self.time_key].type not in ("date", "timestamp"):
            found = f"{self.time_key!r}, a {self.columns[self.time_key].type}"
            yield CrossCheck(("time_key",), found, "a column of type date or timestamp")


class SourceTable(TableContract):
    """A bronze table and the landed CSV files (a folder of the landing volume) that fill it."""

    folder: Name = Field(description="folder of the landing volume where its files land")
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
