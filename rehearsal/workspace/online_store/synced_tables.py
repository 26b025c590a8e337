"""An online table's synchronisation as the Database API shows it.

https://docs.databricks.com/api/azure/workspace/database/getsynceddatabasetable
"""

from __future__ import annotations

from datetime import UTC, datetime

from databricks.sdk.service.database import (
    DeltaTableSyncInfo,
    SyncedDatabaseTable,
    SyncedTablePosition,
    SyncedTableSchedulingPolicy,
    SyncedTableSpec,
    SyncedTableState,
    SyncedTableStatus,
)

from rehearsal.workspace.store import Body


def shown(stored: Body, database: str, keys: tuple[str, ...], time: str | None) -> SyncedDatabaseTable:
    """What the API answers of an online table."""
    return SyncedDatabaseTable(
        name=stored["name"],
        database_instance_name=stored["store"],
        effective_database_instance_name=stored["store"],
        logical_database_name=database,
        effective_logical_database_name=database,
        spec=SyncedTableSpec(
            source_table_full_name=stored["source"],
            primary_key_columns=list(keys),
            timeseries_key=time,
            scheduling_policy=SyncedTableSchedulingPolicy(stored["mode"]),
        ),
        data_synchronization_status=SyncedTableStatus(
            detailed_state=SyncedTableState(stored["state"]),
            message=stored["message"] or None,
            pipeline_id=stored["pipeline_id"],
            last_sync=_last_sync(stored),
        ),
    )


def _last_sync(stored: Body) -> SyncedTablePosition | None:
    if stored["version"] is None:
        return None
    at = (
        datetime.fromtimestamp(stored["synced_at"] / 1000, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )
    return SyncedTablePosition(
        delta_table_sync_info=DeltaTableSyncInfo(delta_commit_version=stored["version"]), sync_end_timestamp=at
    )
