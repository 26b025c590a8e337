"""Tables: managed Delta tables, whose columns and history are in their Delta log and nowhere else."""

from __future__ import annotations

import uuid
from pathlib import Path

from databricks.sdk.service.catalog import DataSourceFormat, TableInfo, TableType

from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.errors import already_exists
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import access, managed_storage, securables, storage
from rehearsal.workspace.unity_catalog.names import checked
from rehearsal.workspace.unity_catalog.privileges import MANAGE, SCHEMA, TABLE


def find(tx: Transaction, full_name: str) -> TableInfo:
    """The table, as stored: `storage_location` is a local folder. Raises DatabricksError 404. Checks no privilege."""
    return TableInfo.from_dict(securables.find(tx, TABLE, full_name))


def exists(tx: Transaction, full_name: str) -> bool:
    """Is there such a table? Checks no privilege."""
    return securables.read(tx, TABLE, full_name) is not None


def location_for_new(platform: Platform, full_name: str) -> Path:
    """A folder, not yet made, for a managed table that is about to be written."""
    catalog, schema, _ = checked(full_name, 3)
    return managed_storage.new_folder(platform, catalog, schema, "tables")


def register(
    tx: Transaction,
    principal: Principal,
    full_name: str,
    location: Path,
    comment: str | None = None,
    properties: dict[str, str] | None = None,
) -> TableInfo:
    """Make a written Delta folder a managed table that belongs to the principal.

    Raises DatabricksError: 403 without CREATE TABLE on the schema (and USE on its parents), 409 when the name is taken.
    """
    catalog, schema, name = checked(full_name, 3)
    access.require(tx, principal, SCHEMA, f"{catalog}.{schema}", "CREATE_TABLE")
    if exists(tx, full_name):
        raise already_exists(f"Table '{full_name}' already exists", "TABLE_ALREADY_EXISTS")
    now = storage.now()
    table = TableInfo(
        name=name,
        catalog_name=catalog,
        schema_name=schema,
        full_name=f"{catalog}.{schema}.{name}",
        table_type=TableType.MANAGED,
        data_source_format=DataSourceFormat.DELTA,
        storage_location=str(location),
        comment=comment,
        properties=properties or {},
        owner=principal.name,
        metastore_id=storage.METASTORE_ID,
        table_id=str(uuid.uuid4()),
        created_at=now,
        created_by=principal.name,
        updated_at=now,
        updated_by=principal.name,
    )
    save(tx, table)
    return table


def touch(tx: Transaction, principal: Principal, table: TableInfo) -> TableInfo:
    """Store a table that the principal has changed, saying who did so and when."""
    table.updated_at, table.updated_by = storage.now(), principal.name
    save(tx, table)
    return table


def save(tx: Transaction, table: TableInfo) -> None:
    """Store the table; a table's columns are left out where its Delta log knows them, and kept where there is none."""
    body = table.as_dict()
    if table.storage_location:
        body.pop("columns", None)
    securables.write(tx, TABLE, str(table.full_name), body)


def unregister(tx: Transaction, principal: Principal, full_name: str) -> None:
    """Drop the table from the catalog, with its grants. Raises DatabricksError 403 or 404.

    Files stay where they are: the caller removes them once the transaction is durable, so that a crash loses no data
    of a table that still exists.
    """
    access.require(tx, principal, TABLE, full_name, MANAGE)
    securables.remove(tx, TABLE, full_name)


def local_location(table: TableInfo) -> Path:
    """The folder of the table's Delta log and files."""
    return Path(str(table.storage_location))
