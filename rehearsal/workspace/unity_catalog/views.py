"""Views: tables of type VIEW, whose query and columns are in the catalog and which have no files."""

from __future__ import annotations

import uuid

from databricks.sdk.service.catalog import ColumnInfo, TableInfo, TableType

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import DatabricksError, already_exists
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import access, storage, tables
from rehearsal.workspace.unity_catalog.names import checked
from rehearsal.workspace.unity_catalog.privileges import MANAGE, SCHEMA, TABLE

# Spark's own names for what a view remembers: where its names were looked up, and its query's columns.
_NAMESPACE = "view.catalogAndNamespace."
_COLUMNS = "view.query.out."


def create(
    tx: Transaction,
    principal: Principal,
    full_name: str,
    definition: str,
    columns: list[ColumnInfo],
    remembered: dict[str, str],
    comment: str | None = None,
    replace: bool = False,
) -> TableInfo:
    """Make a view, or replace one.

    Args:
        remembered: what `memory` returned, and the view's own properties.

    Raises DatabricksError: 403 without CREATE TABLE on the schema (to replace: MANAGE on the view), 409 when the name
    is taken.
    """
    catalog, schema, name = checked(full_name, 3)
    known = tables.exists(tx, full_name)
    if known and not replace:
        raise already_exists(f"Table '{full_name}' already exists", "TABLE_ALREADY_EXISTS")
    now = storage.now()
    if known:
        access.require(tx, principal, TABLE, full_name, MANAGE)
        view = require(tx, full_name)
    else:
        access.require(tx, principal, SCHEMA, f"{catalog}.{schema}", "CREATE_TABLE")
        view = TableInfo(
            name=name,
            catalog_name=catalog,
            schema_name=schema,
            full_name=f"{catalog}.{schema}.{name}",
            table_type=TableType.VIEW,
            owner=principal.name,
            metastore_id=storage.METASTORE_ID,
            table_id=str(uuid.uuid4()),
            created_at=now,
            created_by=principal.name,
        )
    view.view_definition, view.columns, view.properties, view.comment = definition, columns, remembered, comment
    tables.touch(tx, principal, view)
    return view


def require(tx: Transaction, full_name: str) -> TableInfo:
    """The view. Raises DatabricksError 404 without it, 400 when it is a table."""
    found = tables.find(tx, full_name)
    if found.table_type != TableType.VIEW:
        raise DatabricksError(400, "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE", f"'{full_name}' is a table, not a view.")
    return found


def memory(catalog: str, schema: str, query_columns: list[str]) -> dict[str, str]:
    """The properties by which a view remembers its current catalog and schema, and its query's columns."""
    kept = {f"{_NAMESPACE}numParts": "2", f"{_NAMESPACE}part.0": catalog, f"{_NAMESPACE}part.1": schema}
    kept[f"{_COLUMNS}numCols"] = str(len(query_columns))
    return kept | {f"{_COLUMNS}col.{position}": name for position, name in enumerate(query_columns)}


def namespace(view: TableInfo) -> tuple[str, str]:
    """Current catalog and schema when the view was made."""
    kept = view.properties or {}
    return kept[f"{_NAMESPACE}part.0"], kept[f"{_NAMESPACE}part.1"]


def query_columns(view: TableInfo) -> list[str]:
    """Names of the query's columns, in the order of the view's."""
    kept = view.properties or {}
    return [kept[f"{_COLUMNS}col.{position}"] for position in range(int(kept[f"{_COLUMNS}numCols"]))]


def own_properties(view: TableInfo) -> dict[str, str]:
    """What its owner has given it."""
    kept = view.properties or {}
    return {key: value for key, value in kept.items() if not key.startswith((_NAMESPACE, _COLUMNS))}
