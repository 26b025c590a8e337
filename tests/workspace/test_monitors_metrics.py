"""Metrics of monitors without Spark: random tables against pandas, scipy, scikit-learn; refreshes of what changed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from databricks.sdk.service.catalog import MonitorInferenceLog, MonitorInfo, MonitorTimeSeries
from databricks.sdk.service.catalog import MonitorInferenceLogProblemType as Problem
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import SparkSession
from scipy import stats
from scipy.spatial.distance import jensenshannon
from sklearn import metrics as sk

from rehearsal.workspace.context import Platform, Ports
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.identity import bootstrap, directory, principals
from rehearsal.workspace.monitoring import (
    computation,
    distributions,
    groups,
    metric_tables,
    profile,
    quality,
    slices,
    texts,
    windows,
)
from rehearsal.workspace.store import Body, Store
from rehearsal.workspace.unity_catalog import catalogs, grants, schemas, tables

GRANULARITIES = ("5 minutes", "30 minutes", "1 hour", "1 day", "1 week", "2 weeks", "1 month", "1 year")


@pytest.mark.parametrize("seed", range(6))
def test_profiles_agree_with_pandas(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 3000))
    number = np.where(rng.random(size) < 0.1, 0, rng.normal(0, 10.0**seed, size)).astype(object)
    number[rng.random(size) < 0.2] = None
    number[rng.random(size) < 0.05] = float("nan")
    whole = [None if rng.random() < 0.1 else int(value) for value in rng.integers(-3, 4, size)]
    text = [None if rng.random() < 0.3 else str(value) for value in rng.integers(0, 10**seed, size)]
    part = rng.choice(["a", "b", "c"], size).astype(object)
    part[rng.random(size) < 0.1] = None
    times = np.datetime64("2012-12-20", "us") + rng.integers(0, 40 * 86_400, size).astype("timedelta64[s]")
    columns = {"x": pa.array(number, pa.float64()), "n": pa.array(whole, pa.int64()), "t": pa.array(text, pa.string())}
    rows = pa.table({**columns, "part": pa.array(part, pa.string())})
    known = rng.random(size) > 0.05
    parted = [groups.timed("1 week", times.astype(np.int64), known, None)]
    found = groups.groupings(parted, [("part", slices.dimension(rows["part"]))], [])
    measured = profile.measured(rows, {"x": "double", "n": "bigint", "t": "string"}, found)

    frame = pd.DataFrame({"x": number, "n": whole, "t": text, "part": part})[known]
    monday = pd.to_datetime(times[known]).to_period("W-SUN").start_time
    expected: dict[Any, pd.DataFrame] = {(start, None, None): one for start, one in frame.groupby(monday)}
    named = frame["part"].where(frame["part"].notna(), "none")
    expected |= {
        (start, "part", None if value == "none" else value): one
        for (start, value), one in frame.groupby([monday, named])
    }
    seen = {(pd.Timestamp(g.start).tz_localize(None), g.slice_key, g.slice_value): m for g, m in measured.items()}
    assert seen.keys() == expected.keys()
    for place, one in expected.items():
        _check_numbers(seen[place]["x"], one["x"])
        _check_numbers(seen[place]["n"], one["n"])
        _check_texts(seen[place]["t"], one["t"])
        assert seen[place][":table"]["count"] == len(one)


def _check_numbers(found: dict[str, Any], column: pd.Series[Any]) -> None:
    nulls = [value is None or (column.name == "n" and bool(pd.isna(value))) for value in column]
    valid = np.asarray([float(value) for value, null in zip(column, nulls, strict=True) if not null])
    real = valid[~np.isnan(valid)]
    assert (found["count"], found["num_nulls"]) == (len(valid), sum(nulls))
    assert found["num_nan"] == len(valid) - len(real) and found["num_zeros"] == (real == 0).sum()
    assert found["distinct_count"] == len(np.unique(real)) + (len(real) < len(valid))
    if len(real):
        wanted = {"avg": real.mean(), "min": real.min(), "max": real.max(), "median": np.median(real)}
        assert {name: found[name] for name in wanted} == pytest.approx(wanted)
        shares = np.arange(1000) / 999
        assert np.array_equal(found["quantiles"], np.quantile(real, shares, method="inverted_cdf"))
    if len(real) > 1:
        assert found["stddev"] == pytest.approx(real.std(ddof=1))


def _check_texts(found: dict[str, Any], column: pd.Series[str]) -> None:
    counts = column.value_counts()
    assert (found["count"], found["distinct_count"]) == (int(counts.sum()), len(counts))
    items = {item["item"]: item["count"] for item in found["frequent_items"]}
    assert len(items) == min(100, len(counts)) and all(counts[item] == count for item, count in items.items())
    assert sorted(items.values(), reverse=True) == counts.to_list()[:100] == list(items.values())
    if len(counts):
        lengths = column.dropna().str.len()
        wanted = (lengths.min(), lengths.max(), pytest.approx(lengths.mean()))
        assert (found["min_length"], found["max_length"], found["avg_length"]) == wanted


def test_nothing_is_measured_of_no_rows() -> None:
    kinds = {"x": pa.float64(), "s": pa.string(), "at": pa.timestamp("us", "UTC")}
    rows = pa.table({name: pa.chunked_array([], kind) for name, kind in kinds.items()})
    none = np.array([], np.int64)
    for parted in (groups.timed("1 day", none, none == 0, None), groups.whole(0, (None, None, None))):
        found = groups.groupings([parted], [("s", slices.dimension(rows["s"]))], [])
        assert profile.measured(rows, {name: str(kind) for name, kind in kinds.items()}, found) == {}
    empty = pa.table({"x": pa.array([None, None], pa.int64())})
    whole = groups.groupings([groups.whole(2, (None, None, None))], [], [])
    (measured,) = profile.measured(empty, {"x": "bigint"}, whole).values()
    assert (measured["x"]["count"], measured["x"]["percent_null"], measured["x"].get("avg")) == (0, 100.0, None)


@pytest.mark.parametrize("seed", range(20))
def test_drift_agrees_with_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    new, old = rng.normal(seed / 40, 1, 1000), rng.normal(0, 1, 1000)
    found = distributions.numeric(
        {"quantiles": np.sort(new), "count": 1000}, {"quantiles": np.sort(old), "count": 1000}
    )
    exact = stats.ks_2samp(new, old)
    assert found["ks_test"]["statistic"] == pytest.approx(exact.statistic)
    assert found["ks_test"]["pvalue"] == pytest.approx(exact.pvalue, rel=0.1, abs=1e-9)
    assert found["wasserstein_distance"] == pytest.approx(stats.wasserstein_distance(new, old))
    edges = [-np.inf, *np.quantile(old, np.arange(1, 10) / 10, method="higher"), np.inf]
    now, then = (np.histogram(values, edges)[0] / 1000 for values in (new, old))
    assert found["population_stability_index"] == pytest.approx(((now - then) * np.log(now / then)).sum(), abs=0.01)
    now, then = rng.integers(1, 50, 6), rng.integers(1, 50, 6)
    sides = [
        {"count": int(side.sum()), "frequent_items": [{"item": str(i), "count": int(n)} for i, n in enumerate(side)]}
        for side in (now, then)
    ]
    drift = distributions.categorical(*sides)
    p, q = now / now.sum(), then / then.sum()
    chi = stats.chi2_contingency([now, then], correction=False)
    assert drift["chi_squared_test"] == pytest.approx({"statistic": chi.statistic, "pvalue": chi.pvalue})
    assert drift["js_distance"] == pytest.approx(jensenshannon(p, q))
    assert drift["tv_distance"] == pytest.approx(np.abs(p - q).sum() / 2)
    assert drift["l_infinity_distance"] == pytest.approx(np.abs(p - q).max())


def test_quality_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth, said = rng.choice(["a", "b", "c"], 500), rng.choice(["a", "b", "d"], 500)
    rows = pa.table({"said": said, "truth": truth})
    grouping = groups.groupings([groups.whole(500, (None, None, None))], [], [])
    log = MonitorInferenceLog(Problem.PROBLEM_TYPE_CLASSIFICATION, "at", ["1 day"], "said", "model", "truth")
    (found,) = quality.measured(rows, grouping, log).values()
    for name, of in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1_score", sk.f1_score)):
        for average in ("macro", "weighted"):
            assert found[name][average] == pytest.approx(of(truth, said, average=average, zero_division=0))
    assert found["accuracy_score"] == pytest.approx(sk.accuracy_score(truth, said))
    true, guess = rng.normal(size=300), rng.normal(size=300)
    errors = quality.of_errors(guess, true)
    assert errors["r2_score"] == pytest.approx(sk.r2_score(true, guess))
    assert errors["mean_absolute_percentage_error"] == pytest.approx(sk.mean_absolute_percentage_error(true, guess))
    assert errors["root_mean_squared_error"] == pytest.approx(sk.root_mean_squared_error(true, guess))


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_windows(granularity: str) -> None:
    moments = [datetime(1969, 12, 31, 23, 59, tzinfo=UTC), datetime(2024, 2, 29, 12, 34, 56, tzinfo=UTC)]
    for moment in moments:
        micros = np.array([windows.micros(moment)])
        start, end = windows.bounds(granularity, int(windows.numbers(granularity, micros)[0]))
        assert start <= moment < end
        following = windows.numbers(granularity, np.array([windows.micros(end)]))
        assert windows.bounds(granularity, int(following[0]))[0] == end
        if "week" in granularity:
            assert start.weekday() == 0 and start.hour == 0


def test_simple_slices_are_told_as_spark_would() -> None:
    rows = pa.table({"x": [1.5, None, float("nan"), -2.0], "s": ["a", "b", None, "a"], "b": [True, False, None, True]})

    def values(expression: str) -> list[str | None]:
        found = slices.dimension(slices.evaluated(expression, rows))
        return [found.values[code] for code in found.codes]

    assert values("s") == ["a", "b", None, "a"] and values("B") == ["true", "false", None, "true"]
    assert values("x > 1") == ["true", None, "true", "false"]
    assert values("NOT (x <= -2) AND s = 'a'") == ["true", "false", None, "false"]
    assert values("x") == ["1.5", None, "NaN", "-2.0"]
    for complicated in ("upper(s)", "x > s", "s > 1", "x + 1", "case when b then 1 end", "x in (1, 2)"):
        with pytest.raises(slices.NotSimple):
            slices.evaluated(complicated, rows)
    assert [texts.spark_text(value) for value in (1e7, 1.5e-5, 123456.75)] == ["1.0E7", "1.5E-5", "123456.75"]


def _platform(home: Path) -> Platform:
    platform = Platform(home, Store(home / "state.sqlite"), Ports(0))
    with platform.store.transaction() as tx:
        bootstrap.bootstrap(tx)
        admin = principals.load(tx, bootstrap.ADMIN, "dev")
        catalogs.create(tx, admin, {"name": "dev"})
        schemas.create(tx, admin, {"catalog_name": "dev", "name": "f"})
        user = {"id": directory.new_id(tx), "userName": "eve@example.com", "displayName": "eve", "active": True}
        directory.put(tx, "user", user)
    return platform


def _no_spark() -> SparkSession:
    raise AssertionError("nothing here needs Spark")


def _rows(day: int, values: list[float]) -> pa.Table:
    at = pa.array([datetime(2013, 1, day, 10, tzinfo=UTC)] * len(values), pa.timestamp("us", "UTC"))
    return pa.table({"at": at, "x": values, "even": [value % 2 == 0 for value in values]})


def test_a_refresh_measures_what_has_changed(tmp_path: Path) -> None:
    """Each incremental refresh leaves what a refresh of everything would have written."""
    platform = _platform(tmp_path)
    location = tmp_path / "rows"
    write_deltalake(location, pa.concat_tables([_rows(day, [float(day), 2.0, 3.0]) for day in (1, 2, 9)]))
    with platform.store.transaction() as tx:
        admin = principals.load(tx, bootstrap.ADMIN, "dev")
        tables.register(tx, admin, "dev.f.rows", location, "")
    monitor = MonitorInfo.from_dict(
        {
            "table_name": "dev.f.rows",
            "monitor_version": 0,
            "time_series": MonitorTimeSeries("at", ["1 day", "1 week"]).as_dict(),
            "slicing_exprs": ["even", "x > 2"],
        }
    )

    def refresh(name: str, before: Body | None, owner: str = bootstrap.ADMIN) -> Body:
        folder = tmp_path / name
        places = [folder / "profile", folder / "drift"]
        for place, schema in zip(
            places, (metric_tables.profile_schema(monitor), metric_tables.drift_schema(monitor)), strict=True
        ):
            DeltaTable.create(place, schema, mode="ignore")
        with platform.store.transaction() as tx:
            principal = principals.load(tx, owner, "dev")
        job = computation.Job(monitor, principal, *places, platform.clock.now(), before)
        return computation.refresh(platform, job, _no_spark)

    def content(name: str) -> list[set[str]]:
        read = [DeltaTable(tmp_path / name / kind).to_pyarrow_table().to_pylist() for kind in ("profile", "drift")]
        for row in read[0]:
            row["logging_table_commit_version"] = None
        return [{repr(row) for row in rows} for rows in read]

    state = refresh("kept", None)
    assert refresh("kept", state) == state and DeltaTable(tmp_path / "kept" / "profile").version() == 1
    write_deltalake(location, _rows(3, [5.0, float("nan")]), mode="append")  # next to what is there
    write_deltalake(location, _rows(10, [5.0]), mode="append")
    state = refresh("kept", state)
    refresh("whole1", None)
    assert content("kept") == content("whole1")
    DeltaTable(location).delete("x = 9.0 OR x = 5.0")
    write_deltalake(location, _rows(1, [100.0]), mode="append")  # late
    state = refresh("kept", state)
    refresh("whole2", None)
    assert content("kept") == content("whole2") != content("whole1")
    versions = {
        (row["granularity"], row["window"]["start"].day): row["logging_table_commit_version"]
        for row in DeltaTable(tmp_path / "kept" / "profile").to_pyarrow_table().to_pylist()
    }
    assert versions["1 day", 1] > versions["1 week", 31] - 1 and len(versions) >= 5

    with pytest.raises(DatabricksError, match="USE CATALOG"):
        refresh("refused", None, "eve@example.com")
    with platform.store.transaction() as tx:
        admin = principals.load(tx, bootstrap.ADMIN, "dev")
        allowed = grants.Change(principal="eve@example.com", add=("USE_CATALOG", "USE_SCHEMA", "SELECT"))
        grants.change(tx, admin, "CATALOG", "dev", [allowed])
    refresh("allowed", None, "eve@example.com")
    assert content("allowed") == content("whole2")
