"""HTTP of tables and of their constraints. Tables are made by SQL and Spark, never by this API."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from databricks.sdk.service.catalog import SecurableType, TableConstraint, TableInfo, TableSummary, TableType
from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import access, changes, columns, constraints, securables, storage, tables
from rehearsal.workspace.unity_catalog.changes import shown
from rehearsal.workspace.unity_catalog.pages import page
from rehearsal.workspace.unity_catalog.privileges import CATALOG, SCHEMA, TABLE

router = APIRouter(prefix="/api/2.1/unity-catalog")


@router.get("/tables")
def list_tables(
    catalog_name: str,
    schema_name: str,
    call: CallDep,
    omit_columns: bool = False,
    omit_properties: bool = False,
    include_browse: bool = False,
    max_results: int | None = None,
    page_token: str | None = None,
) -> dict[str, Any]:
    """Tables of a schema that the caller may know of."""
    schema = f"{catalog_name}.{schema_name}"
    with call.store.transaction() as tx:
        access.require_visible(tx, call.principal, SCHEMA, schema)
        found = access.shown_within(tx, call.principal, TABLE, schema, include_browse)
    answer = page("tables", found, max_results, page_token)  # before any table's Delta log is read
    answer["tables"] = [
        _shown(TableInfo.from_dict(body), not omit_columns, browse) for body, browse in answer["tables"]
    ]
    if omit_properties:
        for table in answer["tables"]:
            table.pop("properties", None)
    return answer


@router.get("/table-summaries")
def list_table_summaries(
    catalog_name: str, call: CallDep, schema_name_pattern: str = "%", table_name_pattern: str = "%"
) -> dict[str, Any]:
    """Names of the tables of a catalog, by SQL patterns."""
    with call.store.transaction() as tx:
        access.require_visible(tx, call.principal, CATALOG, catalog_name)
        found = [
            TableSummary(full_name=body["full_name"], table_type=TableInfo.from_dict(body).table_type).as_dict()
            for body in securables.within(tx, TABLE, catalog_name)
            if fnmatchcase(body["schema_name"], schema_name_pattern.replace("%", "*"))
            and fnmatchcase(body["name"], table_name_pattern.replace("%", "*"))
            and access.visible(tx, call.principal, TABLE, body["full_name"])
        ]
    return {"tables": found}


@router.get("/tables/{full_name}")
def get_table(full_name: str, call: CallDep, include_browse: bool = False) -> dict[str, Any]:
    """One table with the columns that its Delta log has now."""
    with call.store.transaction() as tx:
        browse_only = access.require_shown(tx, call.principal, TABLE, full_name, include_browse)
        table = tables.find(tx, full_name)
    return _shown(table, browse_only=browse_only)


@router.get("/tables/{full_name}/exists")
def table_exists(full_name: str, call: CallDep) -> dict[str, Any]:
    """Is there such a table that the caller may know of?"""
    with call.store.transaction() as tx:
        try:
            access.require_visible(tx, call.principal, TABLE, full_name)
        except DatabricksError as error:
            if error.error_code != "TABLE_DOES_NOT_EXIST":
                raise
            return {"table_exists": False}
    return {"table_exists": True}


@router.post("/tables")
def create_table(body: Body, call: CallDep) -> dict[str, Any]:
    """Refused: on Databricks this call makes external tables only."""
    raise invalid("Only external tables can be created by this API, and this metastore has managed tables only.")


@router.patch("/tables/{full_name}")
def update_table(full_name: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Change a table's owner."""
    with call.store.transaction() as tx:
        changes.update(tx, call.principal, TABLE, full_name, body)
    return {}


@router.delete("/tables/{full_name}")
def delete_table(full_name: str, call: CallDep) -> dict[str, Any]:
    """Drop a table with its data, or a view."""
    with call.store.transaction() as tx:
        access.require_visible(tx, call.principal, TABLE, full_name)
        table = tables.find(tx, full_name)
        tables.unregister(tx, call.principal, full_name)
    storage.remove_folders([tables.local_location(table)] if table.storage_location else [])
    return {}


@router.post("/constraints")
def create_constraint(body: Body, call: CallDep) -> dict[str, Any]:
    """Add a primary or foreign key."""
    full_name = str(body.get("full_name_arg", ""))
    constraint = parsed(TableConstraint, body.get("constraint") or {})
    with call.store.transaction() as tx:
        access.require_visible(tx, call.principal, TABLE, full_name)
        table = tables.find(tx, full_name)
    if table.table_type == TableType.VIEW:
        raise invalid(f"'{full_name}' is a view: constraints can be added to tables only.")
    known = columns.columns(tables.local_location(table))
    with call.store.transaction() as tx:
        return constraints.create(tx, call.principal, full_name, constraint, known).as_dict()


@router.delete("/constraints/{full_name}")
def delete_constraint(full_name: str, constraint_name: str, call: CallDep, cascade: bool = False) -> dict[str, Any]:
    """Remove a key."""
    with call.store.transaction() as tx:
        constraints.delete(tx, call.principal, full_name, constraint_name, cascade)
    return {}


def _shown(table: TableInfo, with_columns: bool = True, browse_only: bool = False) -> dict[str, Any]:
    if not with_columns:
        table.columns = None
    elif table.storage_location:  # columns of views and of online tables are in the catalog
        table.columns = columns.columns(tables.local_location(table))
    return {**shown(table.as_dict(), browse_only), "securable_type": SecurableType.TABLE.value}
