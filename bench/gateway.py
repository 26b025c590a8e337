"""The gateway beside Spark Connect itself: the same client calls, on the same server and files, in turns."""

from __future__ import annotations

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from bench.comparison import Comparison, Goal
from rehearsal.compute.gateway.server import Gateway
from rehearsal.compute.spark_server import SparkServer
from rehearsal.spark_session import open_session, stop_sessions
from rehearsal.workspace.context import Platform, Ports
from rehearsal.workspace.identity import bootstrap, principals, tokens
from rehearsal.workspace.store import Store
from rehearsal.workspace.unity_catalog import catalogs, tables

WORKSPACE = "dev"
TABLE, TARGET = "dev.default.rows", "dev.default.written"
ROWS = 1_250_000  # of five columns of eight bytes: 50 MB as the client gets them
PORT_BASE = 31_700
DIRECTLY = "Spark Connect directly"
MOST = 1.05


@dataclass(frozen=True)
class Way:
    """A session, and what its SQL calls the two tables."""

    spark: SparkSession
    rows: str
    target: str


def compare(progress: Callable[[str], None]) -> list[Comparison]:
    """Medians in seconds of one row, an aggregate, 50 MB to pandas, and a write."""
    subjects: list[tuple[str, int, Callable[[Way], object]]] = [
        ("select of one row", 40, _one_row),
        ("aggregate over a table", 30, _aggregate),
        ("50 MB of rows to pandas", 9, _to_pandas),
        ("write of a table", 15, _write),
    ]
    with tempfile.TemporaryDirectory(prefix="bench-gateway-") as home, _served(Path(home), progress) as ways:
        return [_compared(what, times, subject, ways, progress) for what, times, subject in subjects]


def _one_row(way: Way) -> object:
    return way.spark.sql(f"SELECT * FROM {way.rows} WHERE id = 7").collect()


def _aggregate(way: Way) -> object:
    return way.spark.table(way.rows).groupBy((F.col("id") % 10).alias("k")).agg(F.sum("b"), F.max("c")).collect()


def _to_pandas(way: Way) -> object:
    return way.spark.table(way.rows).toPandas()


def _write(way: Way) -> object:
    return way.spark.range(10_000).writeTo(way.target).overwrite(F.lit(True))


def _compared(
    what: str, times: int, subject: Callable[[Way], object], ways: tuple[Way, Way], progress: Callable[[str], None]
) -> Comparison:
    spent: tuple[list[float], list[float]] = ([], [])
    for turn in range(-2, times):  # two turns to warm up
        progress(f"gateway: {what}, {max(turn, 0)} of {times}")
        order = (0, 1) if turn % 2 else (1, 0)
        for one in order:
            start = time.perf_counter()
            subject(ways[one])
            if turn >= 0:
                spent[one].append(time.perf_counter() - start)
    ours, theirs = map(statistics.median, spent)
    return Comparison(f"gateway: {what}", "s", ours, DIRECTLY, theirs, Goal.ratio_at_most(MOST))


@contextmanager
def _served(home: Path, progress: Callable[[str], None]) -> Iterator[tuple[Way, Way]]:
    """A session through the gateway and one past it; both servers are other processes, as in a workspace."""
    progress("gateway: Spark starts")
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(home, there))
    process.start()
    try:
        token, spark_token = here.recv()
        platform = _platform(home)
        through = open_session(platform.spark_remote(WORKSPACE, token))
        past = open_session(f"sc://localhost:{platform.ports.spark}/;token={spark_token}")
        columns = [(F.col("id") * factor).cast("double").alias(name) for factor, name in enumerate("abcd", 2)]
        through.range(ROWS).select("id", *columns).write.saveAsTable(TABLE)
        through.range(1).write.saveAsTable(TARGET)
        with platform.store.transaction() as tx:
            folders = [f"delta.`{tables.find(tx, name).storage_location}`" for name in (TABLE, TARGET)]
        yield Way(through, TABLE, TARGET), Way(past, *folders)
        stop_sessions()
    finally:
        if process.is_alive():
            here.send("end")
        process.join()


def _platform(home: Path) -> Platform:
    return Platform(home, Store(home / "state.sqlite"), Ports(PORT_BASE))


def _serve(home: Path, parent: Connection) -> None:
    """The process with the gateway, which starts Spark; ends when it is told so."""
    platform = _platform(home)
    with platform.store.transaction() as tx:
        bootstrap.bootstrap(tx)
        catalogs.create(tx, principals.load(tx, bootstrap.ADMIN), {"name": "dev"})
        token = tokens.issue(tx, bootstrap.ADMIN, 3600, "bench")
    server = SparkServer(home, platform.ports)
    server.start()
    gateway = Gateway(platform, WORKSPACE, server.token)
    gateway.start()
    try:
        parent.send((token, server.token))
        parent.recv()
    finally:
        gateway.stop()
        server.stop()
