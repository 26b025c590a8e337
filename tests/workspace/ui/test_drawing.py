"""What pages draw from: charts, explanations of access, plots of a monitor, widgets. Without a browser."""

from __future__ import annotations

import math

import pytest

from rehearsal.workspace.dashboards.rendering import Column, Widget
from rehearsal.workspace.ui import charts, dashboards, monitors
from rehearsal.workspace.ui.effective_access import explain
from rehearsal.workspace.ui.monitors import Choice
from rehearsal.workspace.unity_catalog.privileges import Securable

POSITION = {"x": 0, "y": 0, "width": 2, "height": 2}


def test_points_are_placed_to_scale() -> None:
    drawn = charts.chart("loss", "line", {"a": [(0, 0.0), (10, 10.0), (5, 5.0)]})
    first, middle, last = drawn.series[0].marks
    assert first.x < middle.x < last.x and first.y > middle.y > last.y  # sorted, and up is more
    assert middle.x == pytest.approx((first.x + last.x) / 2) and middle.y == pytest.approx((first.y + last.y) / 2)
    assert last.y >= 0 and first.y <= charts.HEIGHT and last.x <= charts.WIDTH
    assert [words for _, words in drawn.y_ticks] == ["0", "2.5", "5", "7.5", "10"]


@pytest.mark.parametrize("values", [[], [math.nan], [None], [3.0], [0.0, 0.0], [-1e-9, 1e9], [math.inf, 1.0]])
@pytest.mark.parametrize("kind", ["line", "bar", "area", "scatter"])
def test_odd_values_are_drawn_or_left_out(kind: str, values: list[float | None]) -> None:
    drawn = charts.chart("odd", kind, {"a": list(enumerate(values))})
    finite = [value for value in values if value is not None and math.isfinite(value)]
    assert drawn.empty == (not finite)
    for mark in drawn.series[0].marks:
        assert -1 <= mark.y <= charts.HEIGHT and 0 <= mark.x <= charts.WIDTH


def test_columns_of_several_series_stand_side_by_side() -> None:
    drawn = charts.chart("n", "bar", {"a": [("x", 1.0), ("y", 2.0)], "b": [("x", -1.0)]})
    (ax, _), (bx,) = (series.marks for series in drawn.series)
    assert ax.x + ax.width <= bx.x
    assert ax.y + ax.height == pytest.approx(drawn.base) and bx.y == pytest.approx(drawn.base)
    assert drawn.rows == [["x", "1", "-1"], ["y", "2", ""]]


def test_windows_of_time_are_told_by_their_dates() -> None:
    drawn = charts.chart("n", "line", {"a": [("2013-02-01 00:00:00", 1.0), ("2013-01-01 00:00:00", 2.0)]})
    assert [words for _, words in drawn.x_ticks] == ["2013-01-01", "2013-02-01"]


def test_each_privilege_says_where_it_comes_from_and_what_is_in_its_way() -> None:
    chain = [
        Securable("TABLE", "c.s.t", "owner", {"readers": frozenset({"SELECT"})}),
        Securable("SCHEMA", "c.s", "owner", {"ann": frozenset({"ALL_PRIVILEGES"})}),
        Securable("CATALOG", "c", "owner", {"readers": frozenset({"USE_CATALOG"})}, {7: "BINDING_TYPE_READ_ONLY"}),
        Securable("METASTORE", "metastore", "admins"),
    ]
    of_ann = {item.privilege: item for item in explain({"ann", "readers"}, chain, 7)}
    assert of_ann["SELECT"].usable
    assert [source.words for source in of_ann["SELECT"].sources] == ["granted to readers", "ALL PRIVILEGES of ann"]
    assert (
        of_ann["MODIFY"].held and of_ann["MODIFY"].hindrance == "catalog c is bound to this workspace for reading only"
    )
    assert not of_ann["MANAGE"].held
    of_reader = {item.privilege: item for item in explain({"readers"}, chain, 7)}
    assert of_reader["SELECT"].hindrance == "missing USE SCHEMA on schema c.s"
    elsewhere = {item.privilege: item for item in explain({"owner"}, chain, 8)}
    assert elsewhere["SELECT"].hindrance == "catalog c is not bound to this workspace"


def test_a_monitors_plots_are_of_the_chosen_rows() -> None:
    record = {"start": "2013-01-01 00:00:00", "granularity": "1 month", "column_name": "delay", "slice_key": None}
    drift = [
        {**record, "drift_type": "CONSECUTIVE", "js_distance": "0.25", "data_type": "double", "psi": None},
        {**record, "drift_type": "BASELINE", "js_distance": "0.5", "data_type": "double", "psi": None},
        {**record, "drift_type": "BASELINE", "js_distance": "9", "slice_key": "carrier", "slice_value": "AA"},
        {**record, "drift_type": "BASELINE", "js_distance": "9", "column_name": "carrier"},
    ]
    (plot,) = monitors.plots(drift, Choice("delay", "1 month", ""), "drift_type")
    assert plot.title == "js distance"
    assert plot.rows == [["2013-01-01 00:00:00", "0.25", "0.5"]]
    assert [series.name for series in plot.series] == ["consecutive", "baseline"]
    (sliced,) = monitors.plots(drift, Choice("delay", "1 month", "carrier = AA"), "drift_type")
    assert sliced.rows == [["2013-01-01 00:00:00", "9"]]


def test_widgets_are_drawn_by_their_kind() -> None:
    columns = (Column("month", "STRING"), Column("carrier", "STRING"), Column("delay", "DOUBLE"))
    rows = (("jan", "AA", 1.0), ("jan", "UA", 2.0), ("feb", "AA", 3.0))
    axes = {"x": {"fieldName": "month"}, "y": {"fieldName": "delay"}, "color": {"fieldName": "carrier"}}
    line = dashboards.drawn(Widget("w", "Delay", "line", "p", POSITION, columns, rows, axes))
    assert line.chart is not None and line.chart.rows == [["jan", "1", "2"], ["feb", "3", ""]]
    counter = Widget("w", "", "counter", "p", POSITION, columns, rows, {"value": {"fieldName": "delay"}})
    assert dashboards.drawn(counter).counter == "1"
    listed = {"columns": [{"fieldName": "delay", "title": "Minutes"}, {"fieldName": "gone"}]}
    table = dashboards.drawn(Widget("w", "", "table", "p", POSITION, columns, rows, listed))
    assert (table.columns, table.rows) == (["Minutes"], [["1"], ["2"], ["3"]])
    broken = dashboards.drawn(Widget("w", "", "line", "p", POSITION, error="no such table"))
    assert broken.chart is None
