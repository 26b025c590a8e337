"""Feature look-ups from the online store: of one row and of a hundred, against a client that plans each anew.

Measured as a model server asks: by the reader's role, over the loopback, on a connection that is kept.
"""

from __future__ import annotations

import random
import socket
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pyarrow as pa

from bench.comparison import Comparison, Goal
from rehearsal.postgres.server import HOST
from rehearsal.workspace.context import Platform, Ports
from rehearsal.workspace.online_store import databases, loading
from rehearsal.workspace.online_store.lookups import OnlineTable
from rehearsal.workspace.online_store.postgres import Postgres
from rehearsal.workspace.store import Store

ROWS, FEATURES, REPETITIONS = 100_000, 20, 500
GOAL_MILLISECONDS = 2.0
_OFFSET = Ports(0).postgres
_STORE, _READER, _PASSWORD, _SCHEMA, _TABLE = "bench", "reader", "reader", "bench.flights", "features"


def compare(progress: Callable[[str], None]) -> list[Comparison]:
    """Median milliseconds of a look-up."""
    with tempfile.TemporaryDirectory() as scratch:
        ports = Ports(_free_port() - _OFFSET)
        postgres = Postgres(Platform(Path(scratch), Store(Path(scratch, "state.sqlite")), ports))
        postgres.start()
        try:
            progress(f"{ROWS} rows are published")
            _publish(postgres)
            dsn = f"host={HOST} port={postgres.port} dbname={_STORE} user={_READER} password={_PASSWORD}"
            return [_compared(dsn, count, progress) for count in (1, 100)]
        finally:
            postgres.stop()


def _publish(postgres: Postgres) -> None:
    names = [f"feature_{number}" for number in range(FEATURES)]
    columns = {"id": "bigint", **dict.fromkeys(names, "double precision")}
    rows = pa.table({"id": range(ROWS), **{name: [float(row) for row in range(ROWS)] for name in names}})
    databases.make(postgres, _STORE, _READER, _PASSWORD)
    with postgres.connect(_STORE) as connection:
        content = loading.Content("bench", 0, columns, ("id",), None)
        loading.make_schema(connection, _SCHEMA, _READER)
        loading.replace(connection, _SCHEMA, _TABLE, _READER, content, rows.to_batches())


def _compared(dsn: str, count: int, progress: Callable[[str], None]) -> Comparison:
    progress(f"look-ups of {count} rows")
    names = [f"feature_{number}" for number in range(FEATURES)]
    table = OnlineTable("bench.flights.features", dsn, _SCHEMA, _TABLE)
    query = f'SELECT id, {", ".join(names)} FROM "{_SCHEMA}"."{_TABLE}" WHERE id = ANY(%s)'
    chance = random.Random(1)
    ours, theirs = [], []
    with psycopg.connect(dsn, autocommit=True) as plain:
        for _ in range(REPETITIONS):
            keys = [chance.randrange(ROWS) for _ in range(count)]
            ours.append(_seconds(lambda keys=keys: table.rows([(key,) for key in keys], names)))  # type: ignore[misc]
            theirs.append(_seconds(lambda keys=keys: plain.execute(query, (keys,), prepare=False).fetchall()))  # type: ignore[misc]
    what = f"look up {FEATURES} features of {count} row{'s' * (count > 1)} among {ROWS}"
    median, other = (1000 * statistics.median(times) for times in (ours, theirs))
    goal = Goal.value_at_most(GOAL_MILLISECONDS) if count == 1 else None
    return Comparison(what, "ms p50", median, "psycopg, planned anew", other, goal)


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


def _seconds(ask: Callable[[], object]) -> float:
    started = time.perf_counter()
    ask()
    return time.perf_counter() - started
