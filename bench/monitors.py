"""A refresh of a monitor against evidently's report and against DuckDB computing the same aggregates.

The table: a million rows of a year, ten numeric and nine categorical columns, measured in twelve windows, whole and by
two slicing expressions. Ours reads the Delta table and writes both metric tables; the others are given the same Parquet
files and need write nothing. Each runs in a process of its own environment and times itself, without its imports.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import pyarrow as pa
from databricks.sdk.service.catalog import MonitorInfo, MonitorTimeSeries
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import SparkSession

from bench.comparison import Comparison, Goal
from bench.measure import BenchError
from rehearsal.workspace.context import Platform, Ports
from rehearsal.workspace.identity import bootstrap, principals
from rehearsal.workspace.monitoring import computation, metric_tables
from rehearsal.workspace.store import Store
from rehearsal.workspace.unity_catalog import catalogs, schemas, tables

ROWS, YEAR_SECONDS = 1_000_000, 365 * 86_400
NUMBERS, TEXTS = 10, 8
ROUNDS = 2
PYTHON = Path(".understudy/alternatives/bin/python")
SCRIPTS = Path(__file__).parent / "alternatives"
TABLE = "bench.f.rows"
SLICES = ["carrier", "x0 > 0"]


def compare(progress: Callable[[str], None]) -> list[Comparison]:
    """Ours and both alternatives, in turns; of each its fastest run. Raises BenchError."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        progress("monitors: writing a table")
        platform, location = _table(home)
        seconds: dict[str, list[float]] = {"ours": [], "duckdb": [], "evidently": []}
        for turn in range(ROUNDS):
            progress(f"monitors: ours, {turn + 1} of {ROUNDS}")
            seconds["ours"].append(_refresh(platform, home / f"metrics{turn}"))
            progress(f"monitors: DuckDB, {turn + 1} of {ROUNDS}")
            seconds["duckdb"].append(_alternative("monitor_duckdb", location))
        progress("monitors: evidently")
        seconds["evidently"].append(_alternative("monitor_evidently", location))
        seconds["ours"].append(_refresh(platform, home / "metrics_last"))
    fastest = {name: min(found) for name, found in seconds.items()}
    return [
        Comparison(
            "monitor of 1M rows: 12 windows, 2 slicing expressions",
            "s",
            fastest["ours"],
            "evidently: 3 of the 12 windows, unsliced",
            fastest["evidently"],
            Goal.ratio_at_least(8),
            speedup=True,
        ),
        Comparison(
            "monitor of 1M rows: 12 windows, 2 slicing expressions",
            "s",
            fastest["ours"],
            "DuckDB: the profiles' aggregates alone",
            fastest["duckdb"],
            Goal.ratio_at_most(1.5),
        ),
    ]


def _table(home: Path) -> tuple[Platform, Path]:
    platform = Platform(home, Store(home / "state.sqlite"), Ports(0))
    rng = np.random.default_rng(0)
    start = np.datetime64("2013-01-01", "us")
    times = start + rng.integers(0, YEAR_SECONDS, ROWS).astype("timedelta64[s]")
    columns = {
        "at": pa.array(times).cast(pa.timestamp("us", "UTC")),
        "carrier": pa.array(rng.choice(list("ABCD"), ROWS)),
    }
    columns |= {f"x{place}": pa.array(rng.normal(place, 1, ROWS)) for place in range(NUMBERS)}
    columns |= {
        f"c{place}": pa.array(rng.integers(0, 10 ** (1 + place % 4), ROWS).astype(str)) for place in range(TEXTS)
    }
    location = home / "rows"
    write_deltalake(location, pa.table(columns))
    with platform.store.transaction() as tx:
        bootstrap.bootstrap(tx)
        admin = principals.load(tx, bootstrap.ADMIN, "dev")
        catalogs.create(tx, admin, {"name": "bench"})
        schemas.create(tx, admin, {"catalog_name": "bench", "name": "f"})
        tables.register(tx, admin, TABLE, location, "for a bench")
    return platform, location


def _refresh(platform: Platform, folder: Path) -> float:
    monitor = MonitorInfo.from_dict(
        {
            "table_name": TABLE,
            "monitor_version": 0,
            "time_series": MonitorTimeSeries("at", ["1 month"]).as_dict(),
            "slicing_exprs": SLICES,
        }
    )
    profiles, drifts = folder / "profiles", folder / "drifts"
    DeltaTable.create(profiles, metric_tables.profile_schema(monitor))
    DeltaTable.create(drifts, metric_tables.drift_schema(monitor))
    with platform.store.transaction() as tx:
        owner = principals.load(tx, bootstrap.ADMIN, "dev")
    before = perf_counter()
    computation.refresh(
        platform, computation.Job(monitor, owner, profiles, drifts, platform.clock.now(), None), _no_spark
    )
    return perf_counter() - before


def _no_spark() -> SparkSession:
    raise BenchError("a monitor without custom metrics asked for Spark")


def _alternative(script: str, location: Path) -> float:
    if not PYTHON.exists():
        raise BenchError(f"{PYTHON} is not there: run `make bench`, which installs it")
    command = [str(PYTHON), str(SCRIPTS / f"{script}.py"), str(location)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise BenchError(f"{script} ended with {run.returncode}:\n{run.stderr.strip()}")
    return float(json.loads(run.stdout.strip().splitlines()[-1])["seconds"])
