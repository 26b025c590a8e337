"""Publishing: each feature table goes to the online store, from which endpoints look features up by key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import tenacity
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.database import SyncedDatabaseTable

from environments import names
from pipelines.errors import PipelineError
from pipelines.tables import delta_version, session
from pipelines.task import Task, log, run_stage

PATIENCE, PAUSE = timedelta(minutes=30), timedelta(seconds=1)


def publish(task: Task) -> None:
    """Put the feature tables online."""
    put_online(task, task.model.feature_tables)


def put_online(task: Task, tables: Iterable[str]) -> None:
    """Publish those of the model's tables that are not published as they are now, then wait until all are online.

    A repetition changes nothing.
    """
    from databricks.feature_engineering import FeatureEngineeringClient

    workspace, client, spark = WorkspaceClient(), FeatureEngineeringClient(), session()
    store_name = names.online_store(task.environment)
    store = client.get_online_store(name=store_name)
    if store is None:
        raise PipelineError(f"online store {store_name}", "no such store", "the one that Terraform creates")
    wanted: dict[str, int] = {}
    for table in tables:
        source = names.feature_table(task.environment, task.model, table)
        online = names.online_table(task.environment, task.model, table)
        version = delta_version(spark, source)
        if _published(workspace, online) == version:
            log.info("%s: version %d of %s is online already", online, version, source)
            continue
        client.publish_table(online_store=store, source_table_name=source, online_table_name=online)
        wanted[online] = version
    for online, version in wanted.items():
        _wait(workspace, online, version)
        log.info("%s: version %d is online", online, version)


def _published(workspace: WorkspaceClient, online: str) -> int | None:
    """The Delta version of the source that is online, None when there is none yet."""
    try:
        return _version(workspace.database.get_synced_database_table(online))
    except NotFound:
        return None


def _version(table: SyncedDatabaseTable) -> int | None:
    status = table.data_synchronization_status
    sync = status.last_sync if status else None
    info = sync.delta_table_sync_info if sync else None
    return info.delta_commit_version if info else None


def _wait(workspace: WorkspaceClient, online: str, version: int) -> None:
    try:
        for attempt in tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_NotYet),
            stop=tenacity.stop_after_delay(PATIENCE),
            wait=tenacity.wait_fixed(PAUSE),
            reraise=True,
        ):
            with attempt:
                found = _published(workspace, online)
                if found is None or found < version:
                    raise _NotYet(found)
    except _NotYet as error:
        expected = f"version {version} after {PATIENCE}"
        raise PipelineError(f"online table {online}", f"version {error}", expected) from error


class _NotYet(Exception):
    """The publication is under way."""


def main() -> None:
    """Entry point of the wheel."""
    run_stage("publishing", publish)
