"""What makes a Delta table a feature table: its primary key, and which of its columns is the time."""

from __future__ import annotations

from dataclasses import dataclass

from databricks.sdk import WorkspaceClient


@dataclass(frozen=True)
class FeatureTable:
    """A feature table's keys, as Unity Catalog knows them."""

    name: str
    primary_keys: tuple[str, ...]
    timestamp_key: str | None

    @property
    def entity_keys(self) -> tuple[str, ...]:
        """The primary key less the timestamp key: what a lookup_key is matched with, in this order."""
        return tuple(key for key in self.primary_keys if key != self.timestamp_key)


def get_feature_table(name: str) -> FeatureTable:
    """Read a table's primary key constraint; a table without one is not a feature table, as on Databricks."""
    if name.count(".") != 2:
        raise ValueError(f"Feature table name '{name}' must have the form <catalog_name>.<schema_name>.<table_name>.")
    for constraint in WorkspaceClient().tables.get(name).table_constraints or []:
        key = constraint.primary_key_constraint
        if key:
            times = key.timeseries_columns or []
            return FeatureTable(name, tuple(key.child_columns), times[0] if times else None)
    raise ValueError(f"Table '{name}' has no primary key constraint: it is not a feature table.")
