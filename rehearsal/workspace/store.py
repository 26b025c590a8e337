"""Durable documents in SQLite: what the workspace acknowledged survives its death at any moment.

One table of (kind, key, JSON body). Every change happens inside `Store.transaction()`, which commits before the
request's answer leaves; WAL with synchronous=FULL makes the commit durable. Nothing slow may happen inside.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Body = dict[str, Any]

_LOCK_TIMEOUT_SECONDS = 60
_LAST = "\U0010ffff"  # comes after every character that a key holds
_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (kind TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
"""


def state_file(home: Path) -> Path:
    """Where a home's documents are."""
    return home / "state.sqlite"


class Transaction:
    """Reads and writes of one unit of work; obtained from `Store.transaction()` only."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, kind: str, key: str) -> Body | None:
        """The document's body (a fresh copy), or None."""
        row = self._connection.execute("SELECT body FROM document WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, kind: str, key: str, body: Body) -> None:
        """Insert or replace a document."""
        self._connection.execute(
            "INSERT INTO document VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            (kind, key, json.dumps(body)),
        )

    def delete(self, kind: str, key: str) -> bool:
        """Remove a document; False when there was none."""
        return self._connection.execute("DELETE FROM document WHERE kind = ? AND key = ?", (kind, key)).rowcount > 0

    def items(self, kind: str, prefix: str = "") -> list[tuple[str, Body]]:
        """(key, body) pairs whose key starts with `prefix`, in order of key."""
        rows = self._connection.execute(  # by a range of keys, which the index finds
            "SELECT key, body FROM document WHERE kind = ? AND key >= ? AND key < ? ORDER BY key",
            (kind, prefix, prefix + _LAST),
        )
        return [(key, json.loads(body)) for key, body in rows]

    def list(self, kind: str, prefix: str = "") -> list[Body]:
        """Bodies whose key starts with `prefix`, in order of key."""
        return [body for _, body in self.items(kind, prefix)]

    def next_id(self, kind: str) -> int:
        """The next number of a durable counter, from 1; a number is never given out twice."""
        row = self._connection.execute(
            "INSERT INTO counter VALUES (?, 1) ON CONFLICT (kind) DO UPDATE SET last = last + 1 RETURNING last", (kind,)
        ).fetchone()
        return int(row[0])


class Store:
    """One SQLite file, one connection a thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._turn = threading.Lock()
        self._local = threading.local()
        self._connection().executescript(_SCHEMA)

    @property
    def path(self) -> Path:
        """The database's file."""
        return self._path

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A unit of work: all of it is durable after the block, or none of it. Joins an outer one in this thread."""
        outer: Transaction | None = getattr(self._local, "transaction", None)
        if outer is not None:
            yield outer
            return
        connection = self._connection()
        # Among processes SQLite waits by ever longer sleeps, up to a tenth of a second; threads take turns.
        with self._turn:
            connection.execute("BEGIN IMMEDIATE")
            self._local.transaction = Transaction(connection)
            try:
                yield self._local.transaction
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            else:
                connection.execute("COMMIT")
            finally:
                self._local.transaction = None

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=_LOCK_TIMEOUT_SECONDS, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            self._local.connection = connection
        return connection
