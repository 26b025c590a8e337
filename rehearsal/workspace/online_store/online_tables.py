"""Online tables: what is published from where to where, by whom, and how that went.

Each is a securable of its own in Unity Catalog, a foreign table in Databricks' row store: who looks features up needs
SELECT on it. https://learn.microsoft.com/azure/databricks/machine-learning/feature-store/online-feature-store
"""

from __future__ import annotations

import uuid

from databricks.sdk.service.catalog import ColumnInfo, DataSourceFormat, TableInfo, TableType
from databricks.sdk.service.database import SyncedTableState
from databricks.sdk.service.ml import PublishSpec, PublishSpecPublishMode

from rehearsal.workspace import clock
from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.context import Call, Platform, Principal
from rehearsal.workspace.errors import DatabricksError, already_exists, invalid, not_found
from rehearsal.workspace.online_store import databases, stores
from rehearsal.workspace.online_store.source import CHANGE_DATA_FEED, Source, has_change_data_feed, latest_version
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import access, columns, constraints, tables
from rehearsal.workspace.unity_catalog.names import checked
from rehearsal.workspace.unity_catalog.privileges import MANAGE, SCHEMA, TABLE

_KIND = "online_table"
WAITING = SyncedTableState.SYNCED_TABLE_PROVISIONING
FAILED = (SyncedTableState.SYNCED_TABLE_OFFLINE_FAILED, SyncedTableState.SYNCED_TABLE_ONLINE_PIPELINE_FAILED)


def publish(call: Call, source_name: str, body: Body) -> Body:
    """Accept a publication; the caller then has its pipeline run. Raises DatabricksError 400, 403, 404, 409."""
    spec = parsed(PublishSpec, body)
    for field in ("budget_policy_id", "full_feature_name", "tags"):
        if getattr(spec, field):
            raise DatabricksError(501, "NOT_IMPLEMENTED", f"PublishSpec.{field} is not emulated.")
    if spec.publish_mode is None or not spec.online_store:
        raise invalid(
            "A publish_spec needs online_store, online_table_name and publish_mode (CONTINUOUS, SNAPSHOT, TRIGGERED)."
        )
    name = ".".join(checked(spec.online_table_name or "", 3))
    long = [part for part in name.split(".") if len(part.encode()) > databases.MAX_NAME_BYTES]
    if long:
        raise invalid(f"Online table name '{name}': catalog, schema and table are limited to 63 bytes each.")
    with call.store.transaction() as tx:
        found = source(tx, call.principal, source_name)
    if spec.publish_mode != PublishSpecPublishMode.SNAPSHOT and not has_change_data_feed(found.location):
        raise invalid(
            f"Change data feed must be enabled on '{source_name}' to publish it in mode {spec.publish_mode.value}: "
            f"ALTER TABLE {source_name} SET TBLPROPERTIES ({CHANGE_DATA_FEED} = true)."
        )
    shown = columns.columns(found.location)
    with call.store.transaction() as tx:
        stores.find(tx, call.workspace, spec.online_store)
        known = _known(tx, name)
        if known is not None:
            _check_same(tx, call, known, source_name, spec.online_store)
        else:
            _register(tx, call, name, source_name, shown)
        stored: Body = {
            "name": name,
            "source": ".".join(checked(source_name, 3)),
            "store": spec.online_store,
            "workspace": call.workspace,
            "mode": spec.publish_mode.value,
            "publisher": call.principal.name,
            "pipeline_id": known["pipeline_id"] if known else str(uuid.uuid4()),
            "state": known["state"] if known else WAITING.value,
            "message": "",
            "version": known["version"] if known else None,
            "synced_at": known["synced_at"] if known else None,
            "asked": (known["asked"] if known else 0) + 1,
            "done": known["done"] if known else 0,
        }
        save(tx, stored)
    return stored


def source(tx: Transaction, principal: Principal, name: str) -> Source:
    """The latest version of a feature table that the principal may read. Raises DatabricksError 400, 403, 404."""
    access.require(tx, principal, TABLE, name, "SELECT")
    table = tables.find(tx, name)
    if table.table_type != TableType.MANAGED or table.data_source_format != DataSourceFormat.DELTA:
        raise invalid(f"'{name}' is not a Delta table; only Delta tables can be published to an online store.")
    keys = constraints.primary_key(table)
    if not keys:
        raise invalid(f"Table '{name}' does not have a primary key; a table to be published needs one.")
    times = [
        time
        for constraint in table.table_constraints or []
        if constraint.primary_key_constraint
        for time in constraint.primary_key_constraint.timeseries_columns or []
    ]
    location = tables.local_location(table)
    entity = tuple(key for key in keys if key not in times)
    if not entity:
        raise invalid(f"The primary key of '{name}' has no column besides its time series column.")
    return Source(location, str(table.table_id), entity, times[0] if times else None, latest_version(location))


def find(tx: Transaction, name: str) -> Body:
    """The document of an online table that Unity Catalog has. Raises DatabricksError 404."""
    known = _known(tx, name.lower())
    if known is None:
        raise not_found(f"Online table '{name}' does not exist.", "TABLE_DOES_NOT_EXIST")
    return known


def published_from(tx: Transaction, workspace: str, source_name: str) -> list[Body]:
    """Online tables of a workspace that are published from this table."""
    found = [stored for stored in list_all(tx) if _known(tx, stored["name"]) is not None]
    return [stored for stored in found if (stored["workspace"], stored["source"]) == (workspace, source_name.lower())]


def list_all(tx: Transaction) -> list[Body]:
    """All documents, those of tables that were dropped from the catalog included."""
    return tx.list(_KIND)


def of_store(tx: Transaction, workspace: str, store: str) -> list[str]:
    """Names of the online tables in a store, those that were dropped from the catalog included."""
    return [known["name"] for known in list_all(tx) if (known["workspace"], known["store"]) == (workspace, store)]


def forget_dropped(tx: Transaction, names: list[str]) -> list[str]:
    """Remove the documents of those that were dropped from the catalog; the names of the others."""
    left = [name for name in names if tables.exists(tx, name)]
    for name in set(names) - set(left):
        forget(tx, name)
    return left


def save(tx: Transaction, stored: Body) -> None:
    """Keep the document."""
    tx.put(_KIND, stored["name"], stored)


def forget(tx: Transaction, name: str) -> None:
    """Remove the document."""
    tx.delete(_KIND, name)


def delete(tx: Transaction, call: Call, name: str) -> Body:
    """Take the table out of the catalog; the caller then drops its rows. Raises DatabricksError 403, 404."""
    stored = find(tx, name)
    tables.unregister(tx, call.principal, stored["name"])
    forget(tx, stored["name"])
    return stored


def note(platform: Platform, name: str, asked: int, **changes: object) -> None:
    """Keep how a run went, if the table is still there."""
    with platform.store.transaction() as tx:
        stored = tx.get(_KIND, name)
        if stored is not None:
            save(tx, {**stored, **changes, "done": max(asked, stored["done"])})


def synced_at(tx: Transaction) -> int:
    """Now, as a status tells it."""
    return clock.milliseconds(tx)


def _known(tx: Transaction, name: str) -> Body | None:
    """A document whose table is in the catalog: dropped by SQL or with its schema, it is no more."""
    return tx.get(_KIND, name) if tables.exists(tx, name) else None


def _check_same(tx: Transaction, call: Call, known: Body, source_name: str, store: str) -> None:
    access.require(tx, call.principal, TABLE, known["name"], MANAGE)
    if (known["source"], known["store"], known["workspace"]) != (source_name.lower(), store, call.workspace):
        raise already_exists(
            f"Online table '{known['name']}' already exists; it is published from '{known['source']}' to online store "
            f"'{known['store']}'."
        )


def _register(tx: Transaction, call: Call, name: str, source_name: str, shown: list[ColumnInfo]) -> None:
    catalog, schema, _ = name.split(".")
    access.require(tx, call.principal, SCHEMA, f"{catalog}.{schema}", "CREATE_TABLE")
    location = tables.location_for_new(call.platform, name)
    table: TableInfo = tables.register(tx, call.principal, name, location, f"Published from {source_name}")
    table.table_type = TableType.FOREIGN
    table.data_source_format = DataSourceFormat.DATABRICKS_ROW_STORE_FORMAT
    table.storage_location, table.columns = None, shown  # nothing is ever written there: the rows are in PostgreSQL
    tables.save(tx, table)
