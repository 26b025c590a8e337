"""Feature tables and online stores for tests of a workspace without Spark."""

from __future__ import annotations

import time
from collections.abc import Callable

import pyarrow as pa
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.catalog import PrimaryKeyConstraint, TableConstraint
from databricks.sdk.service.database import SyncedDatabaseTable, SyncedTableState
from databricks.sdk.service.ml import OnlineStore, PublishSpec, PublishSpecPublishMode
from deltalake import DeltaTable, write_deltalake

from rehearsal.postgres.server import HOST
from rehearsal.workspace.context import Platform
from rehearsal.workspace.identity import bootstrap, principals
from rehearsal.workspace.online_store import databases, stores
from rehearsal.workspace.unity_catalog import tables

ONLINE = "SYNCED_TABLE_ONLINE_NO_PENDING_UPDATE"


def make_feature_table(
    platform: Platform,
    admin: WorkspaceClient,
    name: str,
    rows: pa.Table,
    keys: list[str],
    time_column: str | None = None,
    feed: bool = True,
) -> DeltaTable:
    """A table with a primary key that belongs to the administrator."""
    fields = [pa.field(field.name, field.type, nullable=field.name not in keys) for field in rows.schema]
    location = tables.location_for_new(platform, name)
    configuration = {"delta.enableChangeDataFeed": "true"} if feed else {}
    write_deltalake(location, rows.cast(pa.schema(fields)), configuration=configuration)
    with platform.store.transaction() as tx:
        tables.register(tx, principals.load(tx, bootstrap.ADMIN, "dev"), name, location)
    key = PrimaryKeyConstraint(
        name="key", child_columns=keys, timeseries_columns=[time_column] if time_column else None
    )
    admin.table_constraints.create(name, TableConstraint(primary_key_constraint=key))
    return DeltaTable(location)


def make_store(client: WorkspaceClient, name: str) -> OnlineStore:
    return client.feature_store.create_online_store(OnlineStore(name=name, capacity="CU_1"))


def publish(client: WorkspaceClient, source: str, online: str, store: str, mode: str = "TRIGGERED") -> None:
    client.feature_store.publish_table(source, PublishSpec(store, online, PublishSpecPublishMode(mode)))


def synced(
    client: WorkspaceClient, online: str, version: int, state: str = ONLINE, seconds: float = 30
) -> SyncedDatabaseTable:
    """Wait until the online table holds this version of its source."""

    def there(table: SyncedDatabaseTable) -> bool:
        status = table.data_synchronization_status
        assert status is not None
        at = status.last_sync.delta_table_sync_info if status.last_sync else None
        return (
            status.detailed_state == SyncedTableState(state) and at is not None and at.delta_commit_version == version
        )

    return until(client, online, there, seconds)


def failed(client: WorkspaceClient, online: str, seconds: float = 30) -> str:
    """Wait until the online table's pipeline has failed; the reason."""

    def broken(table: SyncedDatabaseTable) -> bool:
        status = table.data_synchronization_status
        assert status is not None and status.detailed_state is not None
        return status.detailed_state.value.endswith("FAILED")

    status = until(client, online, broken, seconds).data_synchronization_status
    assert status is not None
    return str(status.message)


def until(
    client: WorkspaceClient, online: str, wanted: Callable[[SyncedDatabaseTable], bool], seconds: float
) -> SyncedDatabaseTable:
    deadline = time.monotonic() + seconds
    while True:
        table = client.database.get_synced_database_table(online)
        if wanted(table):
            return table
        assert time.monotonic() < deadline, table
        time.sleep(0.02)


def reader(platform: Platform, store: str, workspace: str = "dev") -> str:
    """How the store's reader connects: a libpq connection string."""
    with platform.store.transaction() as tx:
        access = stores.access_of(stores.find(tx, workspace, store))
    return (
        f"host={HOST} port={platform.ports.postgres} dbname={access.database} user={access.role} "
        f"password={access.password}"
    )


def sql_name(online: str) -> str:
    """The online table's name in PostgreSQL."""
    return f'"{databases.schema_of(online)}"."{databases.table_of(online)}"'
