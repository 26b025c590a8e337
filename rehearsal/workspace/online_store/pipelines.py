"""One run of an online table's pipeline: from the Delta table, as its publisher may read it, into PostgreSQL."""

from __future__ import annotations

import logging

import psycopg
from databricks.sdk.service.database import SyncedTableState
from deltalake.exceptions import DeltaError

from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.identity import principals
from rehearsal.workspace.online_store import databases, loading, online_tables, stores
from rehearsal.workspace.online_store.loading import Content
from rehearsal.workspace.online_store.postgres import Postgres
from rehearsal.workspace.online_store.source import Source
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import tables

log = logging.getLogger(__name__)
_ONLINE = {
    "SNAPSHOT": SyncedTableState.SYNCED_TABLE_ONLINE_NO_PENDING_UPDATE,
    "TRIGGERED": SyncedTableState.SYNCED_TABLE_ONLINE_NO_PENDING_UPDATE,
    "CONTINUOUS": SyncedTableState.SYNCED_TABLE_ONLINE_CONTINUOUS_UPDATE,
}


def run(platform: Platform, postgres: Postgres, name: str) -> None:
    """Bring the online table to the Delta table's latest version; what goes wrong becomes its state, the rows stay."""
    with platform.store.transaction() as tx:
        try:
            stored = online_tables.find(tx, name)
            access = stores.access_of(stores.find(tx, stored["workspace"], stored["store"]))
        except DatabricksError:
            return  # deleted meanwhile
    try:
        with platform.store.transaction() as tx:
            principal = principals.load(tx, stored["publisher"], stored["workspace"])
            source = online_tables.source(tx, principal, stored["source"])
        _bring(postgres, access, stored, source)
        _drop_if_deleted(platform, postgres, stored)
    except (DatabricksError, DeltaError, psycopg.Error, OSError) as error:
        _failed(platform, stored, error)
    except Exception as error:
        _failed(platform, stored, error)
        raise
    else:
        with platform.store.transaction() as tx:
            now = online_tables.synced_at(tx)
        state = _ONLINE[stored["mode"]].value
        online_tables.note(
            platform, name, stored["asked"], state=state, message="", version=source.version, synced_at=now
        )


def sweep(platform: Platform, postgres: Postgres) -> None:
    """Drop what is left of online tables that are in the catalog no more."""
    with platform.store.transaction() as tx:
        gone = [stored for stored in online_tables.list_all(tx) if not tables.exists(tx, stored["name"])]
        for stored in gone:
            online_tables.forget(tx, stored["name"])
    for stored in gone:
        drop(platform, postgres, stored)


def drop(platform: Platform, postgres: Postgres, stored: Body) -> None:
    """Drop the rows of an online table."""
    with platform.store.transaction() as tx:
        access = stores.access_of(stores.find(tx, stored["workspace"], stored["store"]))
    with postgres.connect(access.database) as connection:
        loading.drop(connection, databases.schema_of(stored["name"]), databases.table_of(stored["name"]))


def _bring(postgres: Postgres, access: stores.Access, stored: Body, source: Source) -> None:
    schema, table = databases.schema_of(stored["name"]), databases.table_of(stored["name"])
    wanted = Content(source.table_id, source.version, source.columns, source.keys, source.time)
    with postgres.connect(access.database) as connection:
        held = loading.content_of(connection, schema, table)
        if held == wanted:
            return
        loading.make_schema(connection, schema, access.role)
        changed = None
        if stored["mode"] != "SNAPSHOT" and held is not None and wanted.continues(held):
            changed = source.changed_keys(held.version)
        if changed is None:
            loading.replace(connection, schema, table, access.role, wanted, source.rows())
        else:
            loading.merge(connection, schema, table, wanted, changed, source.rows_of(changed))


def _drop_if_deleted(platform: Platform, postgres: Postgres, stored: Body) -> None:
    """Whoever deleted the table during the run found nothing to drop."""
    with platform.store.transaction() as tx:
        deleted = not tables.exists(tx, stored["name"])
    if deleted:
        drop(platform, postgres, stored)


def _failed(platform: Platform, stored: Body, error: Exception) -> None:
    if isinstance(error, DatabricksError):
        message = error.message
    elif isinstance(error, psycopg.errors.UniqueViolation):
        message = f"Table '{stored['source']}' has more than one row with the same primary key."
    elif isinstance(error, psycopg.Error):
        message = str(error.diag.message_primary or error)
    elif isinstance(error, (DeltaError, OSError)):
        message = f"Table '{stored['source']}' cannot be read."
    else:
        message = "An internal error occurred. See the workspace's log."
    log.warning("online table %s: %s", stored["name"], error)
    online = stored["version"] is not None
    state = online_tables.FAILED[1 if online else 0].value
    online_tables.note(platform, stored["name"], stored["asked"], state=state, message=message)
