"""`feature_spec.yaml`: how a model's input columns come about, packed beside the model in the real package's format.

A column is sent by the caller (`training_data`), looked up (`feature_store`) or computed (`on_demand_feature`). Columns
with `include: false` are needed on the way and are no input of the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FILE = "feature_spec.yaml"
SENT, LOOKED_UP, COMPUTED = "training_data", "feature_store", "on_demand_feature"
SERIALIZATION_VERSION = 9
CLIENT_VERSION = "0.18.2"
_DEFAULTS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("smallint", "int", "bigint"), int),
    **dict.fromkeys(("float", "double"), float),
    "boolean": lambda text: text.lower() == "true",
    "string": str,
}


@dataclass(frozen=True)
class Column:
    """One column and where its values come from."""

    name: str
    source: str
    data_type: str | None = None
    include: bool = True
    table_name: str = ""
    feature_name: str = ""
    lookup_key: tuple[str, ...] = ()
    timestamp_lookup_key: str | None = None
    default_value: str | None = None
    udf_name: str = ""
    input_bindings: dict[str, str] = field(default_factory=dict)

    @property
    def lookup(self) -> tuple[str, tuple[str, ...], str | None]:
        """Columns of which this agrees are looked up together: table, keys, time."""
        return self.table_name, self.lookup_key, self.timestamp_lookup_key


@dataclass(frozen=True)
class Table:
    """A feature table of the spec."""

    name: str
    table_id: str | None = None
    lookback_seconds: float | None = None


@dataclass(frozen=True)
class FeatureSpec:
    """All columns in their order, the tables and the functions that they name."""

    columns: tuple[Column, ...]
    tables: tuple[Table, ...] = ()
    functions: tuple[str, ...] = ()
    workspace_id: str | None = None

    def of(self, source: str) -> list[Column]:
        """Columns that come from there."""
        return [column for column in self.columns if column.source == source]

    @property
    def inputs(self) -> list[Column]:
        """What the model is given, in its order."""
        return [column for column in self.columns if column.include]

    def save(self, folder: Path) -> None:
        """Write the file into the folder."""
        (folder / FILE).write_text(yaml.safe_dump(self._document(), sort_keys=False))

    def _document(self) -> dict[str, Any]:
        document: dict[str, Any] = {"input_columns": [_written(*item) for item in enumerate(self.columns)]}
        if self.workspace_id:
            document["workspace_id"] = self.workspace_id
        document["feature_store_client_version"] = CLIENT_VERSION
        if self.tables:
            document["input_tables"] = [
                {table.name: _without_none(table_id=table.table_id, lookback_window=table.lookback_seconds)}
                for table in self.tables
            ]
        if self.functions:
            document["input_functions"] = [{name: {}} for name in self.functions]
        return {**document, "serialization_version": SERIALIZATION_VERSION}


def default(column: Column) -> Any:
    """What stands in for a feature that is not found. Raises ValueError for a type that has no defaults."""
    if column.default_value is None:
        return None
    if column.data_type not in _DEFAULTS:
        raise ValueError(f"Unsupported data type: {column.data_type} for default value of '{column.name}'")
    return _DEFAULTS[column.data_type](column.default_value)


def load(folder: Path) -> FeatureSpec:
    """Read the file of a folder. Raises FileNotFoundError, ValueError."""
    document = yaml.safe_load((folder / FILE).read_text())
    columns = [_read(*item) for column in document["input_columns"] for item in column.items()]
    tables = [
        Table(name, told.get("table_id"), told.get("lookback_window"))
        for table in document.get("input_tables", [])
        for name, told in table.items()
    ]
    functions = [name for function in document.get("input_functions", []) for name in function]
    return FeatureSpec(tuple(columns), tuple(tables), tuple(functions), document.get("workspace_id"))


def _written(place: int, column: Column) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if column.source == LOOKED_UP:
        told = _without_none(
            table_name=column.table_name,
            feature_name=column.feature_name,
            lookup_key=list(column.lookup_key),
            timestamp_lookup_key=[column.timestamp_lookup_key] if column.timestamp_lookup_key else None,
            default_value=column.default_value,
        )
    elif column.source == COMPUTED:
        told = {"udf_name": column.udf_name, "input_bindings": dict(column.input_bindings)}
    if column.data_type:
        told["data_type"] = column.data_type
    if not column.include:
        told["include"] = False
    return {column.name: {**told, "topological_ordering": place, "source": column.source}}


def _read(name: str, told: dict[str, Any]) -> Column:
    if told.get("source") not in (SENT, LOOKED_UP, COMPUTED):
        raise ValueError(f"Column '{name}' of {FILE} has an unknown source: {told.get('source')}.")
    times = told.get("timestamp_lookup_key") or [None]
    return Column(
        name=name,
        source=told["source"],
        data_type=told.get("data_type"),
        include=told.get("include", True),
        table_name=told.get("table_name", ""),
        feature_name=told.get("feature_name", ""),
        lookup_key=tuple(told.get("lookup_key", ())),
        timestamp_lookup_key=times[0],
        default_value=told.get("default_value"),
        udf_name=told.get("udf_name", ""),
        input_bindings=told.get("input_bindings") or {},
    )


def _without_none(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
