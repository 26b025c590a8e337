"""A way into a table for what happens often: each event is a line in a file at once, and later a row of the table.

A line is one `write` to the kernel, some microseconds: a workspace that is killed loses none that was written, and
nobody waits for the table. Every few seconds the lines become one commit of the table. The batch's number is in the
commit, so that one whose file outlived it (killed in between) is not written twice.
https://github.com/delta-io/delta/blob/master/PROTOCOL.md#transaction-identifiers
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError

from rehearsal.workspace.context import Platform
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import service_tables

log = logging.getLogger(__name__)
_OPEN = "open.jsonl"


class TableLog:
    """The lines for all tables below one folder, and the thread that takes them there."""

    def __init__(
        self, platform: Platform, name: str, app: str, rows: Callable[[list[Body]], pa.Table], seconds: float
    ) -> None:
        """A log that is not started.

        Args:
            name: of the folder below the platform's home, of the thread and of the counter of batches.
            app: what the commits' transaction identifiers are called.
            rows: turns lines into what is written.
            seconds: between two commits of a table.
        """
        self._platform, self._name, self._app, self._rows = platform, name, app, rows
        self._seconds = seconds
        self._root = platform.home / name
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._files: dict[str, int] = {}
        self._tables: dict[Path, DeltaTable] = {}  # by location: who opens one reads all of its log
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._keep_flushing, daemon=True, name=name)

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
                        log.exception("table %s: batch %s waits", folder.name, batch.name)
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
            number = tx.next_id(f"{self._name}_batch")
        with self._lock:
            file = self._files.pop(folder.name, None)
            if file is not None:
                os.close(file)
            lines.rename(folder / f"{number:012d}.batch")

    def _to_table(self, table: str, batch: Path) -> None:
        with self._platform.store.transaction() as tx:
            location = service_tables.location(tx, table)
        if location is None:
            log.warning("table %s was dropped; so is what was logged since", table)
            batch.unlink()
            return
        delta, number = self._opened(location), int(batch.stem)
        if (delta.transaction_version(self._app) or 0) < number:
            commit = CommitProperties(app_transactions=[Transaction(self._app, number)])
            write_deltalake(delta, self._rows(lines_of(batch)), mode="append", commit_properties=commit)
        batch.unlink()

    def _opened(self, location: Path) -> DeltaTable:
        """The table as it is now. One that cannot be brought up to date is opened anew the next time."""
        if table := self._tables.pop(location, None):
            table.update_incremental()
        else:
            table = DeltaTable(location)
        self._tables[location] = table
        return table

    def _keep_flushing(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                self.flush()
            except Exception:  # whatever it is, the lines are safe and requests go on
                log.exception("lines of %s could not be written", self._name)


def lines_of(batch: Path) -> list[Body]:
    """The lines of a file. A last one without end is of a request that was never answered: the workspace died."""
    whole = batch.read_bytes().rpartition(b"\n")[0]
    return [json.loads(line) for line in whole.split(b"\n") if line]
