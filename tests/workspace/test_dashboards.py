"""Dashboards by the stock client: a draft, its revisions, the published copy, the trash; content checked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from databricks.sdk.errors import Aborted, BadRequest, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.dashboards import Dashboard, LifecycleState
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel

from tests.workspace.conftest import People, Server


def content(query: str = "SELECT 1 AS one", dataset: str = "numbers", **position: int) -> str:
    widget = {"name": "plot", "queries": [{"name": "main", "query": {"datasetName": dataset, "fields": []}}]}
    placed = {"widget": widget, "position": {"x": 0, "y": 0, "width": 3, "height": 2, **position}}
    pages = [{"name": "first", "displayName": "First", "layout": [placed]}]
    return json.dumps({"datasets": [{"name": "numbers", "queryLines": [query]}], "pages": pages})


@pytest.fixture(scope="module")
def warehouse(server: Server) -> str:
    return str(server.admin().warehouses.create(name="dashboards", cluster_size="2X-Small").result().id)


def test_a_dashboard_lives(server: Server, warehouse: str) -> None:
    api = server.admin().lakeview
    made = api.create(
        Dashboard(
            display_name="overview", parent_path="/Shared", warehouse_id=warehouse, serialized_dashboard=content()
        )
    )
    identifier = str(made.dashboard_id)
    assert made.path == "/Shared/overview.lvdash.json" and made.lifecycle_state == LifecycleState.ACTIVE
    with pytest.raises(NotFound, match="not published"):
        api.get_published(identifier)
    published = api.publish(identifier, embed_credentials=True, warehouse_id=warehouse)
    assert published == api.get_published(identifier)
    assert published.embed_credentials and published.warehouse_id == warehouse

    changed = api.update(identifier, Dashboard(display_name="renamed", serialized_dashboard=content("SELECT 2 AS one")))
    assert changed.etag != made.etag and changed.path == "/Shared/renamed.lvdash.json"
    assert api.get_published(identifier).display_name == "overview"  # a draft's change shows when it is published
    with pytest.raises((Aborted, ResourceConflict)):
        api.update(identifier, Dashboard(display_name="late", etag=made.etag))
    api.unpublish(identifier)
    with pytest.raises(NotFound):
        api.get_published(identifier)

    api.trash(identifier)
    assert api.get(identifier).lifecycle_state == LifecycleState.TRASHED
    assert identifier not in [found.dashboard_id for found in api.list()]
    assert identifier in [found.dashboard_id for found in api.list(show_trashed=True)]
    for refused in (lambda: api.trash(identifier), lambda: api.publish(identifier)):
        with pytest.raises(PermissionDenied, match="in the trash"):
            refused()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "Invalid JSON"),
        ('{"datasets": [], "pages": []}', "pages"),
        (content(dataset="nothing"), "asks dataset 'nothing', which is not one of"),
        (content(query=" "), "dataset 'numbers' has no query"),
        (content(width=13), r"pages\.0\.layout\.0\.position\.width"),
        (content(x=-1), r"pages\.0\.layout\.0\.position\.x"),
    ],
)
def test_wrong_content(server: Server, warehouse: str, text: str, complaint: str) -> None:
    wrong = Dashboard(display_name="wrong", parent_path="/Shared", warehouse_id=warehouse, serialized_dashboard=text)
    with pytest.raises(BadRequest, match=complaint):
        server.admin().lakeview.create(wrong)


def test_wrong_surroundings(server: Server, warehouse: str) -> None:
    api = server.admin().lakeview

    def refused(error: type[Exception], **given: Any) -> None:
        with pytest.raises(error):
            api.create(Dashboard(**{"display_name": "x", "parent_path": "/Shared", "warehouse_id": warehouse, **given}))

    refused(NotFound, parent_path="/nowhere")
    refused(NotFound, warehouse_id="none")
    refused(BadRequest, display_name=None)
    api.create(Dashboard(display_name="twice", parent_path="/Shared", warehouse_id=warehouse))
    refused(ResourceConflict, display_name="twice")


def test_who_may(server: Server, people: People, warehouse: str) -> None:
    api = server.admin().lakeview
    made = str(
        api.create(Dashboard(display_name="guarded", parent_path="/Shared", warehouse_id=warehouse)).dashboard_id
    )
    mine = server.client(people.scientist).lakeview
    with pytest.raises(PermissionDenied):
        mine.get(made)
    read = AccessControlRequest(group_name="data-scientists", permission_level=PermissionLevel.CAN_READ)
    server.admin().permissions.set("dashboards", made, access_control_list=[read])
    assert mine.get(made).display_name == "guarded" and made in [found.dashboard_id for found in mine.list()]
    with pytest.raises(PermissionDenied):
        mine.update(made, Dashboard(display_name="taken"))
    with pytest.raises(PermissionDenied):
        mine.trash(made)
    with pytest.raises(PermissionDenied):
        mine.create(Dashboard(display_name="own", parent_path="/", warehouse_id=warehouse))
