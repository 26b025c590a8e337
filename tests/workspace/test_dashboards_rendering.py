"""What a dashboard shows: widgets with rows, as the viewer or with the publisher's rights, errors where they belong."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from databricks.sdk.service.dashboards import Dashboard
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel

from rehearsal.workspace import app
from rehearsal.workspace.context import Call, Platform
from rehearsal.workspace.dashboards.rendering import Column, Widget, widgets
from rehearsal.workspace.identity import principals
from tests.workspace import served_spark
from tests.workspace.served_spark import client_of, served_platform
from tests.workspace.spark_support import ALICE, MALLORY, session_of

SALES = "SELECT region, amount FROM dev.f.sales WHERE amount >= :least -- all of them"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, monkeypatch_module: pytest.MonkeyPatch) -> Iterator[Platform]:
    monkeypatch_module.setattr(served_spark, "_SERVICES", (*served_spark._SERVICES, "dashboards"))
    assert "dashboards" in app.ROUTES
    with served_platform(tmp_path_factory.mktemp("home")) as running:
        rows = [("north", 1.5), ("north", 2.5), ("south", 5.0), ("west", None)]
        session_of(running, ALICE).createDataFrame(rows, "region string, amount double").write.saveAsTable(
            "dev.f.sales"
        )
        yield running


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def widget(name: str, kind: str, fields: dict[str, str], dataset: str = "sales", **encodings: Any) -> dict[str, Any]:
    query = {
        "datasetName": dataset,
        "fields": [{"name": field, "expression": expression} for field, expression in fields.items()],
        "disaggregated": False,
    }
    frame = {"showTitle": True, "title": f"The {name}"}
    spec = {"version": 3, "widgetType": kind, "encodings": encodings, "frame": frame}
    return {"name": name, "queries": [{"name": "main_query", "query": query}], "spec": spec}


def serialized() -> str:
    shown = [
        {"name": "intro", "multilineTextboxSpec": {"lines": ["# Sales\n", "of all regions"]}},
        widget("total", "counter", {"sum(amount)": "SUM(`amount`)"}, value={"fieldName": "sum(amount)"}),
        widget("bars", "bar", {"region": "`region`", "sum": "SUM(`amount`)"}, x={"fieldName": "region"}),
        widget("regions", "filter-single-select", {"region": "`region`"}),
        widget("broken", "line", {"x": "`x`"}, dataset="nothing"),
        widget("map", "choropleth-map", {"region": "`region`"}),
    ]
    layout = [{"widget": item, "position": {"x": 0, "y": y, "width": 3, "height": 2}} for y, item in enumerate(shown)]
    default = {"values": {"dataType": "DECIMAL", "values": [{"value": "2"}]}}
    least = {"keyword": "least", "displayName": "least", "dataType": "DECIMAL", "defaultSelection": default}
    datasets = [
        {"name": "sales", "queryLines": [SALES], "parameters": [least]},
        {"name": "nothing", "queryLines": ["SELECT x FROM dev.f.nothing"]},
    ]
    return json.dumps({"datasets": datasets, "pages": [{"name": "p", "displayName": "Page", "layout": layout}]})


def seen_by(platform: Platform, name: str, identifier: str, **given: Any) -> dict[str, Widget]:
    with platform.store.transaction() as tx:
        principal = principals.load(tx, name, "dev")
    call = Call(principal, "dev", platform, str(uuid.uuid4()))
    return {found.name: found for found in widgets(platform, call, identifier, **given)}


def test_what_viewers_see(platform: Platform) -> None:
    alice = client_of(platform, ALICE)
    warehouse = str(alice.warehouses.create(name="shown", cluster_size="2X-Small").result().id)
    content = Dashboard(display_name="sales", warehouse_id=warehouse, serialized_dashboard=serialized())
    made = str(alice.lakeview.create(content).dashboard_id)
    shown = seen_by(platform, ALICE, made)
    assert list(shown) == ["intro", "total", "bars", "regions", "broken", "map"]
    assert (shown["intro"].kind, shown["intro"].text) == ("text", "# Sales\nof all regions")
    total = shown["total"]
    assert (total.kind, total.title, total.page, total.position["y"]) == ("counter", "The total", "Page", 1)
    assert total.columns == (Column("sum(amount)", "DOUBLE"),) and total.rows == ((7.5,),)
    assert total.encodings == {"value": {"fieldName": "sum(amount)"}}
    assert sorted(shown["bars"].rows) == [("north", 2.5), ("south", 5.0)]
    assert shown["regions"].kind == "filter" and sorted(shown["regions"].rows) == [("north",), ("south",)]
    assert "TABLE_OR_VIEW_NOT_FOUND" in str(shown["broken"].error) and not shown["broken"].rows
    assert "'choropleth-map'" in str(shown["map"].error)
    assert seen_by(platform, ALICE, made, parameters={"least": "5"})["total"].rows == ((5.0,),)

    read = AccessControlRequest(user_name=MALLORY, permission_level=PermissionLevel.CAN_READ)
    alice.permissions.update("dashboards", made, access_control_list=[read])
    alice.permissions.update(
        "warehouses", warehouse, access_control_list=[AccessControlRequest(user_name=MALLORY, permission_level=USE)]
    )
    alice.lakeview.publish(made, embed_credentials=False)
    assert "INSUFFICIENT_PERMISSIONS" in str(seen_by(platform, MALLORY, made)["total"].error)
    alice.lakeview.publish(made, embed_credentials=True)
    assert seen_by(platform, MALLORY, made)["total"].rows == ((7.5,),)
    assert "INSUFFICIENT_PERMISSIONS" in str(seen_by(platform, MALLORY, made, draft=True)["total"].error)


USE = PermissionLevel.CAN_USE
