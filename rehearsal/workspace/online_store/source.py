"""A feature table as it is read for publishing: a version of a Delta table, whole or what changed since another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder
from deltalake.exceptions import DeltaError

from rehearsal.workspace.online_store.columns import postgres_type

CHANGE_DATA_FEED = "delta.enableChangeDataFeed"


@dataclass(frozen=True)
class Source:
    """One version of a feature table.

    Args:
        keys: primary key without the timeseries column.
        time: timeseries column, by which the latest row of each key is found.
    """

    location: Path
    table_id: str
    keys: tuple[str, ...]
    time: str | None
    version: int

    @cached_property
    def _table(self) -> DeltaTable:
        return DeltaTable(self.location, version=self.version)

    @cached_property
    def schema(self) -> pa.Schema:
        """Columns in Arrow's types."""
        return _without_views(pa.schema(self._table.schema().to_arrow()).empty_table()).schema

    @property
    def columns(self) -> dict[str, str]:
        """PostgreSQL's type of each column."""
        return {field.name: postgres_type(field.type) for field in self.schema}

    def rows(self) -> Iterator[pa.RecordBatch]:
        """All rows, in portions."""
        yield from _read(self._table, list(self.schema.names))

    def changed_keys(self, since: int) -> pa.Table | None:
        """Keys of rows that changed after version `since`, by the change data feed; None where that does not reach."""
        try:
            feed = self._table.load_cdf(starting_version=since + 1, ending_version=self.version, columns=[*self.keys])
            changes = _without_views(pa.table(feed).select(list(self.keys)))
        except (DeltaError, KeyError):
            return None
        return changes.group_by(list(self.keys)).aggregate([])

    def rows_of(self, keys: pa.Table) -> Iterator[pa.RecordBatch]:
        """The rows of these keys, in portions."""
        names = list(self.schema.names)
        for batch in self.rows():
            kept = pa.Table.from_batches([batch]).join(keys, list(self.keys), join_type="left semi")
            yield from kept.select(names).to_batches()


def latest_version(location: Path) -> int:
    """The table's version now. Raises DeltaError when there is no table."""
    return int(DeltaTable(location).version())


def has_change_data_feed(location: Path) -> bool:
    """Does the table record what changes from version to version?"""
    return str(DeltaTable(location).metadata().configuration.get(CHANGE_DATA_FEED)).lower() == "true"


def _read(table: DeltaTable, names: list[str]) -> Iterator[pa.RecordBatch]:
    # DataFusion, not a Parquet data set: it honours deletion vectors and column mapping.
    wanted = ", ".join('"' + name.replace('"', '""') + '"' for name in names)
    for batch in QueryBuilder().register("source", table).execute(f"SELECT {wanted} FROM source"):
        yield from _without_views(pa.Table.from_batches([pa.record_batch(batch)])).to_batches()


def _without_views(table: pa.Table) -> pa.Table:
    """DataFusion's string views as strings: Arrow cannot join by views."""
    plain = {pa.string_view(): pa.string(), pa.binary_view(): pa.binary()}
    fields = [field.with_type(plain.get(field.type, field.type)) for field in table.schema]
    return table.cast(pa.schema(fields))
