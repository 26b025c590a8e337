"""`system.access.table_lineage`: what is known of lineage, written as a whole whenever it has changed."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial

import pyarrow as pa
from deltalake import write_deltalake

from rehearsal.workspace.context import ACCOUNT, Platform
from rehearsal.workspace.identity.installation import ACCOUNT_ID, workspace_id
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.system_tables.schemas import LINEAGE_COLUMNS, TABLE_LINEAGE
from rehearsal.workspace.unity_catalog import lineage, securables, service_tables, storage
from rehearsal.workspace.unity_catalog.lineage import Edge
from rehearsal.workspace.unity_catalog.privileges import TABLE


class LineageTable:
    """Remembers what it has written, so that an hour without writes costs no commit."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._written: str | None = None
        self._lock = threading.Lock()

    def publish(self) -> None:
        """Bring the table up to date."""
        with self._lock:
            with self._platform.store.transaction() as tx:
                location = service_tables.location(tx, TABLE_LINEAGE)
                tables = cache(partial(_table, tx))  # there are few, and thousands of runs that read and write them
                rows = [_row(tables, edge) for edge in lineage.edges(tx)]
            known = hashlib.sha256(repr(rows).encode()).hexdigest()
            if location is None or known == self._written or (self._written is None and not rows):
                return
            write_deltalake(location, pa.Table.from_pylist(rows, schema=pa.schema(LINEAGE_COLUMNS)), mode="overwrite")
            self._written = known


def _row(tables: Callable[[str], Body], edge: Edge) -> Body:
    moment = datetime.fromtimestamp(edge.latest / 1000, UTC)
    entity = edge.entity or {}
    job = str(entity["job_id"]) if entity.get("job_id") is not None else None
    run = str(entity["run_id"]) if entity.get("run_id") is not None else None
    identity = "|".join((edge.source, edge.target, edge.principal, edge.workspace, run or ""))
    return {
        "account_id": ACCOUNT_ID,
        "metastore_id": storage.METASTORE_ID,
        "workspace_id": str(workspace_id(edge.workspace) or 0) if edge.workspace != ACCOUNT else "0",
        "entity_type": entity.get("entity_type"),
        "entity_id": job,
        "entity_run_id": run,
        **{f"source_{column}": value for column, value in tables(edge.source).items()},
        **{f"target_{column}": value for column, value in tables(edge.target).items()},
        "created_by": edge.principal,
        "event_time": moment,
        "event_date": moment.date(),
        "record_id": hashlib.sha256(f"{identity}|{edge.latest}".encode()).hexdigest()[:32],
        "event_id": hashlib.sha256(identity.encode()).hexdigest()[:32],
        "statement_id": None,
        "entity_metadata": {"job_info": {"job_id": job, "job_run_id": run} if job else None, "notebook_id": None},
    }


def _table(tx: Transaction, full_name: str) -> Body:
    catalog, schema, name = full_name.split(".")
    body = securables.read(tx, TABLE, full_name) or {}
    return {
        "table_full_name": full_name,
        "table_catalog": catalog,
        "table_schema": schema,
        "table_name": name,
        "path": storage.public_location(body.get("storage_location")),
        "type": "VIEW" if body.get("table_type") == "VIEW" else "TABLE",
    }
