"""The inference table's way in: each request is a line in a file before it is answered, and later a row of the table.

A line is one `write` to the kernel, some microseconds: a workspace that is killed loses none that was answered, and no
request waits for the table. Every few seconds the lines become one commit of the table. The batch's number is in the
commit, so that one whose file outlived it (killed in between) is not written twice.
https://github.com/delta-io/delta/blob/master/PROTOCOL.md#transaction-identifiers
"""

from __future__ import annotations

import json
import logging
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError

from rehearsal.workspace.context import Platform
from rehearsal.workspace.serving import payload_schema
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import service_tables

log = logging.getLogger(__name__)
FLUSH_SECONDS = 2.0
# https://learn.microsoft.com/azure/databricks/ai-gateway/inference-tables: what is longer is left out, and said so.
MAX_PAYLOAD_BYTES = 1024 * 1024
_OPEN = "open.jsonl"


class PayloadLog:
    """The lines of all endpoints below one folder, and the thread that takes them to the tables."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._root = platform.home / "payloads"
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._files: dict[str, int] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._keep_flushing, daemon=True, name="inference-tables")

    def start(self) -> None:
        """Begin with what a killed workspace left: its last line may be half, so nothing may be added to that file."""
        for folder in self._root.glob("*"):
            self._close(folder)
        self._thread.start()

    def stop(self) -> None:
        """Take what is there to the tables."""
        self._stopped.set()
        self._thread.join()
        self.flush()

    def add(self, table: str, row: Body) -> None:
        """Write one line; it is in the table some seconds later."""
        line = json.dumps(row, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            os.write(self._file(table), line)

    def flush(self) -> None:
        """Take all lines to their tables. What cannot be written now waits; lines of a dropped table go with it."""
        with self._flushing:
            for folder in sorted(self._root.glob("*")):
                self._close(folder)
                for batch in sorted(folder.glob("*.batch")):
                    try:
                        self._to_table(folder.name, batch)
                    except (DeltaError, OSError):
                        log.exception("inference table %s: batch %s waits", folder.name, batch.name)
                        break

    def _file(self, table: str) -> int:
        file = self._files.get(table)
        if file is None:
            folder = self._root / table
            folder.mkdir(parents=True, exist_ok=True)
            file = os.open(folder / _OPEN, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._files[table] = file
        return file

    def _close(self, folder: Path) -> None:
        """Make the open file a batch with the next number. Numbers go on for ever: the table remembers the last one."""
        lines = folder / _OPEN
        if not lines.exists() or lines.stat().st_size == 0:
            return
        with self._platform.store.transaction() as tx:
            number = tx.next_id("payload_batch")
        with self._lock:
            file = self._files.pop(folder.name, None)
            if file is not None:
                os.close(file)
            lines.rename(folder / f"{number:012d}.batch")

    def _to_table(self, table: str, batch: Path) -> None:
        with self._platform.store.transaction() as tx:
            location = service_tables.location(tx, table)
        if location is None:
            log.warning("inference table %s was dropped; so is what was logged since", table)
            batch.unlink()
            return
        delta, number = DeltaTable(location), int(batch.stem)
        if (delta.transaction_version(_APP) or 0) < number:
            commit = CommitProperties(app_transactions=[Transaction(_APP, number)])
            write_deltalake(delta, _rows(batch), mode="append", commit_properties=commit)
        batch.unlink()

    def _keep_flushing(self) -> None:
        while not self._stopped.wait(FLUSH_SECONDS):
            try:
                self.flush()
            except Exception:  # whatever it is, the lines are safe and requests go on
                log.exception("inference tables could not be written")


_APP = "understudy-payloads"


def row(
    call_id: str,
    requester: str,
    started: float,
    seconds: float,
    status: int,
    request: bytes,
    response: bytes,
    served: str,
    client_request_id: str | None,
) -> Body:
    """A line: one request as the table will have it."""
    missing = [
        code
        for code, payload in (("MAX_REQUEST_SIZE_EXCEEDED", request), ("MAX_RESPONSE_SIZE_EXCEEDED", response))
        if len(payload) > MAX_PAYLOAD_BYTES
    ]
    return {
        "databricks_request_id": call_id,
        "client_request_id": client_request_id,
        "request_time": started,
        "status_code": status,
        "execution_duration_ms": round(seconds * 1000),
        "request": _text(request),
        "response": _text(response),
        "served_entity_id": served,
        "logging_error_codes": missing,
        "requester": requester,
    }


def _text(payload: bytes) -> str | None:
    return None if len(payload) > MAX_PAYLOAD_BYTES else payload.decode("utf-8", errors="replace")


def _rows(batch: Path) -> pa.Table:
    """The lines as a table. A last line without end is of a request that was never answered: the workspace died."""
    whole = batch.read_bytes().rpartition(b"\n")[0]
    rows = [json.loads(line) for line in whole.split(b"\n") if line]
    for item in rows:
        time = datetime.fromtimestamp(item["request_time"], UTC)
        item |= {"request_time": time, "request_date": time.date(), "sampling_fraction": 1.0}
    return pa.Table.from_pylist(rows, schema=pa.schema(payload_schema.SCHEMA))
