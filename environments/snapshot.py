"""Settings of a model's snapshot: which tables of another environment are copied, how much, and what is hidden."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from environments.strict import Cron, Fraction, Name, Strict

Mask = Literal["hash", "null"]


class SnapshotTable(Strict):
    """A table of the snapshot."""

    sample: Fraction = Field(default=1.0, description="part of the rows, by primary key, the same ones each time")
    masked: dict[Name, Mask] = Field(
        default={}, description="columns whose values are hidden: `hash` keeps what is equal equal, `null` nothing"
    )


class Snapshot(Strict):
    """Copies of tables, for environments whose people may not read where the tables are."""

    tables: Annotated[dict[Name, SnapshotTable], Field(min_length=1)] = Field(
        description="source tables, feature tables and the prediction table, by name"
    )
    schedule: Cron = Field(description="when the copies are made anew")
