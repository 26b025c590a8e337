"""Tables that the workspace's own services write: metric tables of monitors, inference tables of endpoints.

They are made empty, so that they can be read and granted before the service has had anything to write.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from databricks.sdk.service.catalog import TableInfo
from deltalake import DeltaTable, Schema

from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import access, securables, storage, tables
from rehearsal.workspace.unity_catalog.names import checked
from rehearsal.workspace.unity_catalog.privileges import SCHEMA, TABLE

# A column as Delta's log writes it: a primitive's name, or the object of a nested type.
DeltaType = str | dict[str, Any]


def delta_schema(columns: dict[str, DeltaType]) -> Schema:
    """Columns, all of them nullable, as a schema of the Delta library. Raises DeltaError for an unknown type."""
    return Schema.from_json(json.dumps(struct(columns)))


def struct(columns: dict[str, DeltaType]) -> dict[str, Any]:
    """A nested type of named fields."""
    fields = [{"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in columns.items()]
    return {"type": "struct", "fields": fields}


def array(element: DeltaType) -> dict[str, Any]:
    """A nested type of many of one kind."""
    return {"type": "array", "elementType": element, "containsNull": True}


def ensure(platform: Platform, owner: Principal, full_name: str, schema: Schema, comment: str) -> None:
    """Make the table for its owner, unless it is there. Raises DatabricksError 403, 404.

    Files are written before the name is taken: what is registered can be read, however the workspace ends.
    """
    catalog, schema_name, _ = checked(full_name, 3)
    with platform.store.transaction() as tx:
        if tables.exists(tx, full_name):
            access.require(tx, owner, TABLE, full_name, "MODIFY")
            return
        access.require(tx, owner, SCHEMA, f"{catalog}.{schema_name}", "CREATE_TABLE")
    location = tables.location_for_new(platform, full_name)
    DeltaTable.create(location, schema, description=comment)
    try:
        with platform.store.transaction() as tx:
            tables.register(tx, owner, full_name, location, comment)
    except DatabricksError as error:
        storage.remove_folders([location])
        if error.error_code != "TABLE_ALREADY_EXISTS":  # somebody made it meanwhile
            raise


def location(tx: Transaction, full_name: str) -> Path | None:
    """The folder of a table that may have been dropped since."""
    body = securables.read(tx, TABLE, full_name)
    return tables.local_location(TableInfo.from_dict(body)) if body else None
