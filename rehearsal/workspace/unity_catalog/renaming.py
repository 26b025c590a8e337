"""ALTER TABLE … RENAME TO: a table or view gets another name in its catalog, with its grants, files and lineage."""

from __future__ import annotations

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import already_exists, invalid
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import access, lineage, securables, tables
from rehearsal.workspace.unity_catalog.names import checked
from rehearsal.workspace.unity_catalog.privileges import MANAGE, SCHEMA, TABLE


def rename_table(tx: Transaction, principal: Principal, old: str, new: str) -> None:
    """Rename a table or view.

    Raises DatabricksError: 403 without MANAGE on it and CREATE TABLE on the schema of the new name, 404, 409 when the
    new name is taken, 400 for another catalog.
    """
    access.require(tx, principal, TABLE, old, MANAGE)
    catalog, schema, name = checked(new, 3)
    table = tables.find(tx, old)
    if table.catalog_name != catalog:
        raise invalid(f"Table '{old}' cannot be renamed into another catalog ('{catalog}').")
    access.require(tx, principal, SCHEMA, f"{catalog}.{schema}", "CREATE_TABLE")
    if tables.exists(tx, new):
        raise already_exists(f"Table '{new}' already exists", "TABLE_ALREADY_EXISTS")
    grants = tx.get(securables.GRANTS, securables.grants_key(TABLE, old))
    body = securables.find(tx, TABLE, old)
    securables.remove(tx, TABLE, old)
    body |= {"name": name, "schema_name": schema, "full_name": f"{catalog}.{schema}.{name}"}
    securables.write(tx, TABLE, new, body)
    if grants:
        tx.put(securables.GRANTS, securables.grants_key(TABLE, new), grants)
    lineage.rename(tx, old.lower(), new.lower())
