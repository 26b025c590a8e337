"""Batch scoring by the pipelines' `score` beside the model's own cost, and beside `mlflow.pyfunc.spark_udf`.

The floor is the same version in plain Python processes, as many as Spark has cores, without Spark. Everybody reads the
same Parquet files, key columns included, and keeps nothing. All processes are up, and each way has scored a million
rows before it is measured. The cost of a row is shown with what is paid once (the time that a row for each core takes)
and without.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import scoring_version
from bench.comparison import Comparison, Goal
from bench.scoring_ways import CORES, Version, Ways, started
from pipelines.evaluation.versions import config_of

SIZES = (100_000, 1_000_000, 3_000_000, 10_000_000)
COMPARED_ROWS = 3_000_000
WARM_ROWS = 1_000_000
ROUNDS = 2
LARGE = 5_000_000  # takes so long that a second look adds little
FLOOR_GOAL = Goal.ratio_at_least(0.9)
FLAT_GOAL = Goal.value_at_most(1.1)


def compare(progress: Callable[[str], None]) -> list[Comparison]:
    """Rows per second against both others, and microseconds a row at each size."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        progress("batch scoring: fitting the model, writing rows")
        files = scoring_version.save_version(folder)
        config = config_of(files)
        version = Version(files, config["features"], scoring_version.KEY, config["output"])
        rows, few = scoring_version.write_rows(folder, max(SIZES)), scoring_version.write_few(folder, CORES)
        with started(version) as ways:
            return [*_compared(ways, rows, progress), *_growth(ways, rows, few, progress)]


def _compared(ways: Ways, files: list[str], progress: Callable[[str], None]) -> list[Comparison]:
    """In turns; of each way its fastest."""
    named = {"score": ways.by_score, "spark_udf": ways.by_spark_udf, "plain processes": ways.by_plain_processes}
    seconds: dict[str, list[float]] = {name: [] for name in named}
    for turn in range(ROUNDS + 1):
        for name, way in named.items():
            progress(f"batch scoring: {name}, " + (f"{turn} of {ROUNDS}" if turn else "to warm up"))
            took = way(_first(files, COMPARED_ROWS if turn else WARM_ROWS))
            if turn:
                seconds[name].append(took)
    rate = {name: COMPARED_ROWS / min(found) for name, found in seconds.items()}
    what, floor = f"{COMPARED_ROWS:,} rows", f"the model in {CORES} Python processes, no Spark"
    return [
        Comparison(what, "rows/s", rate["score"], floor, rate["plain processes"], FLOOR_GOAL),
        Comparison(what, "rows/s", rate["score"], "mlflow.pyfunc.spark_udf", rate["spark_udf"], Goal.ratio_at_least(1)),
    ]


def _growth(ways: Ways, files: list[str], few: list[str], progress: Callable[[str], None]) -> list[Comparison]:
    progress("batch scoring: what is paid once")
    once = min(ways.by_score(few) for _ in range(2 * ROUNDS + 1))
    seconds = {}
    for size in SIZES:
        progress(f"batch scoring: {size:,} rows")
        rounds = 1 if size > LARGE else 2 * ROUNDS
        seconds[size] = min(ways.by_score(_first(files, size)) for _ in range(rounds))
    each = {size: (taken - once) / size * 1e6 for size, taken in seconds.items()}
    return [
        Comparison("paid once", "s", once, "", None),
        *(
            Comparison(f"{size:,} rows, without what is paid once", "µs/row", each[size], "with it", taken / size * 1e6)
            for size, taken in seconds.items()
        ),
        Comparison(
            "dearest size to cheapest, without what is paid once",
            "times",
            max(each.values()) / min(each.values()),
            "",
            None,
            FLAT_GOAL,
        ),
    ]


def _first(files: list[str], rows: int) -> list[str]:
    return files[: rows // scoring_version.FILE_ROWS]
