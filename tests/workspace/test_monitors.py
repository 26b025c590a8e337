"""Monitors by the stock client: Spark fills the metric tables; each number is checked against scipy or by hand."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from databricks.sdk.errors import BadRequest, NotFound, NotImplemented, PermissionDenied, ResourceConflict
from databricks.sdk.service.catalog import (
    MonitorDestination,
    MonitorInferenceLog,
    MonitorInferenceLogProblemType,
    MonitorInfoStatus,
    MonitorMetric,
    MonitorMetricType,
    MonitorNotifications,
    MonitorRefreshInfo,
    MonitorRefreshInfoState,
    MonitorSnapshot,
    MonitorTimeSeries,
)
from deltalake import DeltaTable
from scipy import stats
from scipy.spatial.distance import jensenshannon

from rehearsal.workspace.context import Platform
from rehearsal.workspace.identity import bootstrap
from rehearsal.workspace.monitoring import refreshes
from rehearsal.workspace.notifications import outbox
from rehearsal.workspace.unity_catalog import tables
from tests.workspace.served_spark import client_of, served_platform
from tests.workspace.spark_support import ALICE, MALLORY, session_of

TABLE = "dev.f.predictions"
CLASSIFICATION = MonitorInferenceLogProblemType.PROBLEM_TYPE_CLASSIFICATION
DOUBLE = json.dumps({"metadata": {}, "name": "output", "nullable": True, "type": "double"})
# Two days of one week; the second is shifted, has nulls, and another mix of carriers.
DAYS = {
    3: [(0.1 * (i % 7), "AA" if i % 2 else "UA", i % 2 == 0, i % 3 == 0) for i in range(60)],
    4: [(0.1 * (i % 7) + 0.3 if i % 10 else None, "AA" if i % 4 else "DL", i % 2 == 0, i % 5 == 0) for i in range(40)],
}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with served_platform(tmp_path_factory.mktemp("home")) as running:
        spark = session_of(running, ALICE)
        rows = [
            (datetime(2013, 1, day, i % 24), "1" if i % 2 else "2", *values)
            for day, found in DAYS.items()
            for i, values in enumerate(found)
        ]
        columns = (
            "scored_at timestamp, model_version string, probability double, carrier string, predicted boolean,"
            " late boolean"
        )
        spark.createDataFrame(rows, columns).write.saveAsTable(TABLE)
        yield running


def inference_log(label: str | None = "late") -> MonitorInferenceLog:
    return MonitorInferenceLog(CLASSIFICATION, "scored_at", ["1 day", "1 week"], "predicted", "model_version", label)


def metric_rows(platform: Platform, name: str) -> list[dict[str, Any]]:
    with platform.store.transaction() as tx:
        location = tables.local_location(tables.find(tx, name))
    return list(DeltaTable(location).to_pyarrow_table().to_pylist())


def refreshed(platform: Platform, table: str = TABLE) -> MonitorRefreshInfo:
    api = client_of(platform, ALICE).quality_monitors
    asked = api.run_refresh(table)
    deadline = time.monotonic() + 120
    while True:
        info = api.get_refresh(table, asked.refresh_id)
        if info.state not in (MonitorRefreshInfoState.PENDING, MonitorRefreshInfoState.RUNNING):
            return info
        assert time.monotonic() < deadline
        time.sleep(0.1)


def one(rows: list[dict[str, Any]], column: str, day: int | None = 3, **wanted: Any) -> dict[str, Any]:
    """The row of a column in the window of a day (None: of the week), of the whole table and all models."""
    wanted = {"slice_key": None, "slice_value": None, "model_version": "*", **wanted, "column_name": column}
    wanted["granularity"] = "1 day" if day else "1 week"
    start = datetime(2013, 1, day, tzinfo=UTC) if day else datetime(2012, 12, 31, tzinfo=UTC)
    (found,) = [
        row for row in rows if row["window"]["start"] == start and all(row[k] == value for k, value in wanted.items())
    ]
    return found


@pytest.fixture(scope="module")
def profiles(platform: Platform) -> list[dict[str, Any]]:
    """The profile metrics after one refresh of a monitor with everything."""
    share = MonitorMetric("share", "avg(cast({{input_column}} as double))", ["predicted"], DOUBLE, AGGREGATE)
    rows = MonitorMetric("late_rows", "count_if({{label_col}}) / count(*)", [":table"], DOUBLE, AGGREGATE)
    made = client_of(platform, ALICE).quality_monitors.create(
        TABLE,
        "dev.f",
        "/Shared/monitoring",
        inference_log=inference_log(),
        slicing_exprs=["carrier", "probability > 0.3"],
        custom_metrics=[share, rows],
        skip_builtin_dashboard=True,
    )
    assert made.status == MonitorInfoStatus.MONITOR_STATUS_ACTIVE
    assert metric_rows(platform, f"{TABLE}_profile_metrics") == metric_rows(platform, f"{TABLE}_drift_metrics") == []
    ended = refreshed(platform)
    assert ended.state == MonitorRefreshInfoState.SUCCESS, ended.message
    return metric_rows(platform, str(made.profile_metrics_table_name))


AGGREGATE = MonitorMetricType.CUSTOM_METRIC_TYPE_AGGREGATE


def values(day: int) -> list[float]:
    return [row[0] for row in DAYS[day] if row[0] is not None]


def test_profiles_of_columns(profiles: list[dict[str, Any]]) -> None:
    number = one(profiles, "probability", 4)
    known = np.asarray(values(4))
    assert (number["count"], number["num_nulls"], number["percent_null"]) == (36, 4, 10.0)
    assert number["data_type"] == "double" and number["log_type"] == "INPUT"
    for name, expected in {
        "avg": known.mean(), "stddev": known.std(ddof=1), "min": known.min(), "max": known.max(),
        "median": np.median(known), "num_zeros": 0, "num_nan": 0,
    }.items():  # fmt: skip
        assert number[name] == pytest.approx(expected), name
    assert len(number["quantiles"]) == 1000 and number["quantiles"][0] == known.min()
    assert one(profiles, "probability", 3)["num_zeros"] == sum(value == 0 for value in values(3))
    carrier = one(profiles, "carrier", 4)
    assert carrier["frequent_items"] == [{"item": "AA", "count": 30}, {"item": "DL", "count": 10}]
    assert (carrier["distinct_count"], carrier["percent_distinct"]) == (2, 5.0)
    assert (carrier["min_length"], carrier["max_length"], carrier["avg_length"]) == (2.0, 2.0, 2.0)
    table = one(profiles, ":table", 4)
    assert table["count"] == 40 and "probability" in table["non_null_columns"] and len(table["non_null_columns"]) == 6


def test_windows_slices_and_models(profiles: list[dict[str, Any]]) -> None:
    week = one(profiles, ":table", None)
    assert week["count"] == 100 and week["window"]["end"] == datetime(2013, 1, 7, tzinfo=UTC)
    slices = {
        (row["slice_key"], row["slice_value"]): row["count"]
        for row in profiles
        if row["column_name"] == ":table" and row["granularity"] == "1 week" and row["model_version"] == "*"
    }
    above = sum(value > 0.3 for day in DAYS for value in values(day))
    known = sum(len(values(day)) for day in DAYS)
    assert slices == {
        (None, None): 100, ("carrier", "AA"): 60, ("carrier", "UA"): 30, ("carrier", "DL"): 10,
        ("probability > 0.3", "true"): above, ("probability > 0.3", "false"): known - above,
        ("probability > 0.3", None): 100 - known,
    }  # fmt: skip
    models = [one(profiles, ":table", 3, model_version=version)["count"] for version in ("1", "2", "*")]
    assert models == [30, 30, 60]


def test_custom_metrics_and_quality(profiles: list[dict[str, Any]]) -> None:
    assert one(profiles, "predicted", 3)["share"] == 0.5 and one(profiles, "carrier", 3)["share"] is None
    assert one(profiles, ":table", 3)["late_rows"] == pytest.approx(20 / 60)
    truth, said = [row[3] for row in DAYS[3]], [row[2] for row in DAYS[3]]
    table = one(profiles, ":table", 3)
    assert table["accuracy_score"] == pytest.approx(np.mean(np.asarray(truth) == np.asarray(said)))
    hits = sum(a and b for a, b in zip(truth, said, strict=True))
    assert dict(table["precision"]["one_vs_all"])["true"] == pytest.approx(hits / sum(said))
    assert dict(table["recall"]["one_vs_all"])["true"] == pytest.approx(hits / sum(truth))
    assert {"prediction": "true", "label": "true", "count": hits} in table["confusion_matrix"]


def test_drift_between_windows(platform: Platform, profiles: list[dict[str, Any]]) -> None:
    drifts = metric_rows(platform, f"{TABLE}_drift_metrics")
    number = one(drifts, "probability", 4, drift_type="CONSECUTIVE")
    assert number["window_cmp"]["start"] == datetime(2013, 1, 3, tzinfo=UTC)
    assert number["count_delta"] == 36 - 60 and number["percent_null_delta"] == 10.0
    assert number["avg_delta"] == pytest.approx(np.mean(values(4)) - np.mean(values(3)))
    expected = stats.ks_2samp(values(4), values(3), method="asymp")
    assert number["ks_test"]["statistic"] == pytest.approx(expected.statistic, abs=0.01)
    assert number["ks_test"]["pvalue"] == pytest.approx(expected.pvalue, rel=0.1, abs=1e-6)
    assert number["wasserstein_distance"] == pytest.approx(stats.wasserstein_distance(values(4), values(3)), rel=0.02)
    assert number["population_stability_index"] > 0.25 and number["js_distance"] is None
    carrier = one(drifts, "carrier", 4, drift_type="CONSECUTIVE")
    p, q = np.asarray([30, 10, 0]) / 40, np.asarray([30, 0, 30]) / 60  # AA, DL, UA
    assert carrier["js_distance"] == pytest.approx(jensenshannon(p, q))
    assert carrier["tv_distance"] == pytest.approx(0.5) and carrier["l_infinity_distance"] == pytest.approx(0.5)
    chi = stats.chi2_contingency([[30, 10, 0], [30, 0, 30]], correction=False)
    assert carrier["chi_squared_test"] == pytest.approx({"statistic": chi.statistic, "pvalue": chi.pvalue})
    assert carrier["ks_test"] is None
    assert one(drifts, ":table", 4)["non_null_columns_delta"] == {"added": 0, "missing": 0}
    assert not [row for row in drifts if row["window"]["start"] == datetime(2013, 1, 3, tzinfo=UTC)]


def test_a_second_refresh_replaces_the_first(platform: Platform, profiles: list[dict[str, Any]]) -> None:
    assert refreshed(platform).state == MonitorRefreshInfoState.SUCCESS
    again = metric_rows(platform, f"{TABLE}_profile_metrics")
    assert len(again) == len(profiles)
    listed = client_of(platform, ALICE).quality_monitors.list_refreshes(TABLE).refreshes or []
    assert len(listed) >= 2 and listed[0].refresh_id > listed[1].refresh_id
    rows = session_of(platform, ALICE).sql(
        f"SELECT population_stability_index AS value FROM {TABLE}_drift_metrics "
        "WHERE slice_key IS NULL AND column_name = 'probability' AND drift_type = 'CONSECUTIVE' "
        "AND window.end > timestamp'2013-01-04' ORDER BY window.start DESC LIMIT 1"
    )
    assert rows.collect()[0]["value"] > 0.25


def test_a_baseline_and_a_snapshot(platform: Platform) -> None:
    spark = session_of(platform, ALICE)
    spark.createDataFrame([(float(i),) for i in range(10)], "x double").write.saveAsTable("dev.f.base")
    spark.createDataFrame([(float(i + 5),) for i in range(10)], "x double").write.saveAsTable("dev.f.now")
    api = client_of(platform, ALICE).quality_monitors
    api.create(
        "dev.f.now", "dev.f", "/Shared/m", snapshot=MonitorSnapshot(), baseline_table_name="dev.f.base",
        skip_builtin_dashboard=True,
    )  # fmt: skip
    assert refreshed(platform, "dev.f.now").state == MonitorRefreshInfoState.SUCCESS
    kinds = {row["log_type"]: row for row in metric_rows(platform, "dev.f.now_profile_metrics") if row["avg"]}
    assert (kinds["INPUT"]["avg"], kinds["BASELINE"]["avg"]) == (9.5, 4.5)
    (drift,) = [row for row in metric_rows(platform, "dev.f.now_drift_metrics") if row["column_name"] == "x"]
    assert drift["drift_type"] == "BASELINE" and drift["avg_delta"] == 5.0
    assert drift["wasserstein_distance"] == pytest.approx(5.0)


def test_derived_and_drift_metrics(platform: Platform) -> None:
    spark = session_of(platform, ALICE)
    rows = [(datetime(2013, 1, 1 + i // 10, 12), float(i), i % 2 == 0) for i in range(20)]
    spark.createDataFrame(rows, "at timestamp, x double, even boolean").write.saveAsTable("dev.f.own")
    api = client_of(platform, ALICE).quality_monitors
    derived, drift = MonitorMetricType.CUSTOM_METRIC_TYPE_DERIVED, MonitorMetricType.CUSTOM_METRIC_TYPE_DRIFT
    metrics = [
        MonitorMetric("squares", "avg({{input_column}} * {{input_column}})", ["x"], DOUBLE, AGGREGATE),
        MonitorMetric("rms", "sqrt(squares) + 0 * count", ["x"], DOUBLE, derived),
        MonitorMetric("rms_delta", "{{current_df}}.rms - {{base_df}}.rms", ["x"], DOUBLE, drift),
    ]
    # The second slice is one that only Spark can tell.
    settings: dict[str, Any] = {"time_series": MonitorTimeSeries("at", ["1 day"]), "skip_builtin_dashboard": True}
    settings |= {"slicing_exprs": ["even", "x % 3 = 0"], "custom_metrics": metrics}
    api.create("dev.f.own", "dev.f", "/Shared/m", **settings)
    ended = refreshed(platform, "dev.f.own")
    assert ended.state == MonitorRefreshInfoState.SUCCESS, ended.message
    expected = {
        (day, key, value): float(
            np.sqrt(np.mean(np.square([x for at, x, even in rows if at.day == day and of(x, even)])))
        )
        for day in (1, 2)
        for key, value, of in (
            (None, None, lambda x, even: True),
            ("even", "true", lambda x, even: even),
            ("even", "false", lambda x, even: not even),
            ("x % 3 = 0", "true", lambda x, even: x % 3 == 0),
            ("x % 3 = 0", "false", lambda x, even: x % 3 != 0),
        )
    }
    profile = [row for row in metric_rows(platform, "dev.f.own_profile_metrics") if row["column_name"] == "x"]
    found = {(row["window"]["start"].day, row["slice_key"], row["slice_value"]): row["rms"] for row in profile}
    assert found == pytest.approx(expected)
    drifted = [row for row in metric_rows(platform, "dev.f.own_drift_metrics") if row["column_name"] == "x"]
    deltas = {(row["slice_key"], row["slice_value"]): row["rms_delta"] for row in drifted}
    wanted = {(key, value): expected[2, key, value] - expected[1, key, value] for _, key, value in expected}
    assert deltas == pytest.approx(wanted)

    settings["custom_metrics"] = [metrics[0], MonitorMetric("worse", "rms + 1", ["x"], DOUBLE, derived)]
    settings.pop("skip_builtin_dashboard")
    api.update("dev.f.own", "dev.f", **settings)
    ended = refreshed(platform, "dev.f.own")
    assert ended.state == MonitorRefreshInfoState.FAILED and "custom_metrics.worse" in str(ended.message)


def test_a_failed_refresh_is_told(platform: Platform) -> None:
    session_of(platform, ALICE).createDataFrame([(datetime(2013, 1, 1), 1)], "t timestamp, x int").write.saveAsTable(
        "dev.f.failing"
    )
    api = client_of(platform, ALICE).quality_monitors
    broken = MonitorMetric("broken", "no_such_function({{input_column}})", ["x"], DOUBLE, AGGREGATE)
    told = MonitorNotifications(on_failure=MonitorDestination(["mlops@example.com"]))
    api.create(
        "dev.f.failing", "dev.f", "/Shared/m", time_series=MonitorTimeSeries("t", ["1 hour"]),
        custom_metrics=[broken], notifications=told, skip_builtin_dashboard=True,
    )  # fmt: skip
    ended = refreshed(platform, "dev.f.failing")
    assert ended.state == MonitorRefreshInfoState.FAILED and "no_such_function" in str(ended.message)
    assert "no_such_function" in str(api.get("dev.f.failing").latest_monitor_failure_msg)
    with platform.store.transaction() as tx:
        assert outbox.mails(tx, "dev")[0]["to"] == ["mlops@example.com"]
    api.delete("dev.f.failing")
    with pytest.raises(NotFound):
        api.get("dev.f.failing")
    with platform.store.transaction() as tx:
        assert tables.exists(tx, "dev.f.failing_profile_metrics")


def test_what_was_under_way_at_a_restart_has_failed(platform: Platform, profiles: list[dict[str, Any]]) -> None:
    api = client_of(platform, ALICE).quality_monitors
    asked = api.run_refresh(TABLE)
    refreshes.note_lost(platform)
    info = api.get_refresh(TABLE, asked.refresh_id)
    assert info.state == MonitorRefreshInfoState.FAILED and "restarted" in str(info.message)


def test_who_may(platform: Platform, profiles: list[dict[str, Any]]) -> None:
    api = client_of(platform, MALLORY).quality_monitors
    for call in (api.get, api.delete, api.run_refresh, api.list_refreshes):
        with pytest.raises(PermissionDenied):
            call(TABLE)
    with pytest.raises(PermissionDenied):
        api.create(TABLE, "dev.f", "/Shared/m", snapshot=MonitorSnapshot(), skip_builtin_dashboard=True)
    manager = client_of(platform, bootstrap.ADMIN).quality_monitors  # owns the catalog: may manage, not read
    with pytest.raises(PermissionDenied, match="SELECT"):
        manager.create(TABLE, "dev.f", "/Shared/m", snapshot=MonitorSnapshot(), skip_builtin_dashboard=True)


def test_what_cannot_be_monitored(platform: Platform, profiles: list[dict[str, Any]]) -> None:
    api = client_of(platform, ALICE).quality_monitors

    def create(table: str = "dev.f.other", **settings: Any) -> None:
        given = {"skip_builtin_dashboard": True, "inference_log": inference_log(None), **settings}
        api.create(table, "dev.f", "/Shared/m", **given)

    session_of(platform, ALICE).sql(f"CREATE TABLE dev.f.other AS SELECT * FROM {TABLE}")
    with pytest.raises(ResourceConflict):
        create(TABLE)
    with pytest.raises(NotFound):
        create("dev.f.nothing")
    with pytest.raises(NotImplemented, match="built-in dashboard"):
        create(skip_builtin_dashboard=False)
    wrong = MonitorTimeSeries("nowhere", ["1 day"])
    with pytest.raises(BadRequest, match="column 'nowhere' is not in table"):
        create(inference_log=None, time_series=wrong)
    with pytest.raises(BadRequest, match="'2 days' is not a granularity"):
        create(inference_log=None, time_series=MonitorTimeSeries("scored_at", ["2 days"]))
    with pytest.raises(BadRequest, match="exactly one of"):
        create(snapshot=MonitorSnapshot())
    with pytest.raises(BadRequest, match=r"custom_metrics\.m: definition: 'current_df' is undefined"):
        create(custom_metrics=[MonitorMetric("m", "{{current_df}}.count", [":table"], DOUBLE, AGGREGATE)])
    with pytest.raises(BadRequest, match="StructField"):
        create(custom_metrics=[MonitorMetric("m", "1", [":table"], '{"type": "furlong"}', AGGREGATE)])
