"""The bench measures real runs, tells lines from curves, and has models to grow with."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyspark.sql import SparkSession

from bench import __main__ as command
from bench.comparison import Comparison, Goal
from bench.fit import fit
from bench.many_models import write_settings
from bench.measure import BenchError, Measurement, Run, run
from bench.scoring_ways import open_spark
from environments.consistency import load_all


def measured(size: int, *seconds: float) -> Measurement:
    return Measurement("x", tuple(Run(value, value, 1.0) for value in seconds), size)


def test_a_run_is_timed_with_the_processes_that_it_starts(tmp_path: Path) -> None:
    spin = "import time; end = time.process_time() + 0.2\nwhile time.process_time() < end: pass"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {spin!r}])"
    found = run([sys.executable, "-c", nested], os.environ, tmp_path)
    assert found.cpu_seconds >= 0.2 and 0.2 <= found.seconds < 60 and found.peak_megabytes > 1


def test_a_run_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"ended with 3:\nno wheel"):
        run([sys.executable, "-c", "print('no wheel'); raise SystemExit(3)"], os.environ, tmp_path)


def test_a_line_is_told_from_a_curve() -> None:
    line = fit([measured(1, 5.5, 9.0), measured(10, 10.0), measured(100, 55.0)], lambda m: m.fastest)
    assert (line.once, line.each) == pytest.approx((5.0, 0.5)) and line.r_squared == pytest.approx(1)
    assert line.steps == pytest.approx((0.5, 0.5))
    curve = fit([measured(size, float(size**2)) for size in (1, 10, 100)], lambda m: m.cpu)
    assert curve.steps[1] > 5 * curve.steps[0] and curve.r_squared < 1


def test_the_models_to_grow_with_are_right_and_of_their_own_schemas(tmp_path: Path) -> None:
    write_settings(tmp_path / "settings", 3)
    models = load_all(tmp_path / "settings").models
    assert len({model.name for model in models}) == len({model.schema_name for model in models}) == 3
    assert len({model.sources.schema_name for model in models}) == 1


@pytest.mark.trial
def test_spark_itself_is_measured_after_a_bench_that_had_a_session_of_the_workspace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")  # pyspark leaves it in a process that has opened one
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), open_spark) as processes:
        assert processes.submit(rows_of_spark).result() == 3


def rows_of_spark() -> int:
    return SparkSession.active().range(3).count()


def test_a_comparison_is_met_by_rates_costs_and_speedups() -> None:
    rate = Comparison("rate", "requests/s", 800, "x", 200, Goal.ratio_at_least(4))
    cost = Comparison("cost", "s", 1.2, "x", 1.0, Goal.ratio_at_most(1.05))
    speedup = Comparison("time", "s", 2.0, "x", 16.0, Goal.ratio_at_least(8), speedup=True)
    assert [(c.ratio, c.met) for c in (rate, cost, speedup)] == [(4.0, True), (1.2, False), (8.0, True)]
    assert Comparison("alone", "ms", 4.9, "", None, Goal.value_at_most(5)).met
    assert Comparison("shown", "ms", 4.9, "", None).met is None
    with pytest.raises(ValueError, match="compared with"):
        _ = Comparison("alone", "ms", 4.9, "", None, Goal.ratio_at_most(2)).met


def test_what_has_been_measured_outlives_a_later_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> list[Comparison]:
        raise BenchError("no memory")

    found = [Comparison("rate", "requests/s", 800, "x", 200, Goal.ratio_at_least(4))]
    monkeypatch.setitem(sys.modules, "bench.fine", SimpleNamespace(compare=lambda _: found))
    monkeypatch.setitem(sys.modules, "bench.broken", SimpleNamespace(compare=broken))
    monkeypatch.setattr(command, "COMPARISONS", ("fine", "broken"))
    monkeypatch.setattr(command, "KEPT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["bench", "fine", "broken"])
    with pytest.raises(BenchError, match="no memory"):
        command.main()
    (kept,) = tmp_path.iterdir()
    assert json.loads(kept.read_text())["comparisons"]["fine"][0]["ratio"] == 4
