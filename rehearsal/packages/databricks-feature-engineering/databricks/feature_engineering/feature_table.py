"""What makes a Delta table a feature table: its primary key, and which of its columns is the time."""

from __future__ import annotations

from dataclasses import dataclass, field

from databricks.sdk import WorkspaceClient


@dataclass(frozen=True)
class FeatureTable:
    """A feature table as Unity Catalog knows it, with the real class's names."""

    name: str
    table_id: str | None
    description: str | None
    primary_keys: tuple[str, ...]
    timestamp_keys: tuple[str, ...]
    features: tuple[str, ...]
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def timestamp_key(self) -> str | None:
        """The column that tells a row's time."""
        return self.timestamp_keys[0] if self.timestamp_keys else None

    @property
    def entity_keys(self) -> tuple[str, ...]:
        """The primary key less the timestamp key: what a lookup_key is matched with, in this order."""
        return tuple(key for key in self.primary_keys if key not in self.timestamp_keys)


def get_feature_table(name: str) -> FeatureTable:
    """Read a table's primary key constraint; a table without one is not a feature table, as on Databricks."""
    check_name(name)
    table = WorkspaceClient().tables.get(name)
    for constraint in table.table_constraints or []:
        key = constraint.primary_key_constraint
        if key:
            keys = tuple(key.child_columns)
            features = tuple(str(column.name) for column in table.columns or [] if column.name not in keys)
            times = tuple(key.timeseries_columns or ())
            return FeatureTable(name, table.table_id, table.comment, keys, times, features)
    raise ValueError(f"Table '{name}' has no primary key constraint: it is not a feature table.")


def check_name(name: str) -> None:
    """Raises ValueError unless the name has three levels."""
    if name.count(".") != 2:
        raise ValueError(f"Feature table name '{name}' must have the form <catalog_name>.<schema_name>.<table_name>.")
