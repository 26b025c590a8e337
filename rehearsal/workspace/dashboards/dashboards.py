"""Dashboards as documents: the draft, its revision tag (etag), and the published copy.

https://docs.databricks.com/api/azure/workspace/lakeview
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import PurePosixPath

from databricks.sdk.service.dashboards import Dashboard, LifecycleState, PublishedDashboard

from rehearsal.workspace import clock
from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.context import Call
from rehearsal.workspace.dashboards import serialized
from rehearsal.workspace.errors import DatabricksError, already_exists, denied, invalid, not_found
from rehearsal.workspace.permissions import acl
from rehearsal.workspace.sql import warehouses
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.workspace_objects import directories

KIND, OBJECT_TYPE = "dashboard", "dashboards"
_EMPTY = json.dumps({"datasets": [], "pages": [{"name": "page", "displayName": "New Page", "layout": []}]})


def create(tx: Transaction, call: Call, body: Body) -> Body:
    """Make a draft that the caller manages. Raises DatabricksError 400, 403, 404, 409."""
    given = parsed(Dashboard, body)
    if not given.display_name:
        raise invalid("display_name must be specified.")
    parent = directories.checked(given.parent_path or f"/Users/{call.principal.name}")
    directories.status(tx, call.workspace, parent)
    directories.require_writable(tx, call.principal, call.workspace, parent)
    text = given.serialized_dashboard or _EMPTY
    serialized.checked(text)
    now = _timestamp(tx)
    dashboard = Dashboard(
        dashboard_id=uuid.uuid4().hex,
        display_name=given.display_name,
        parent_path=parent,
        path=_free_path(tx, call, parent, given.display_name),
        serialized_dashboard=text,
        warehouse_id=_warehouse(tx, call, given.warehouse_id),
        etag=uuid.uuid4().hex,
        lifecycle_state=LifecycleState.ACTIVE,
        create_time=now,
        update_time=now,
    ).as_dict()
    tx.put(KIND, _key(call.workspace, dashboard["dashboard_id"]), {"draft": dashboard})
    acl.set_owner(tx, call.workspace, OBJECT_TYPE, dashboard["dashboard_id"], call.principal.name)
    return dashboard


def get(tx: Transaction, call: Call, identifier: str) -> Body:
    """The draft; a trashed one still answers. Raises DatabricksError 403, 404."""
    draft: Body = _find(tx, call, identifier, "CAN_READ")["draft"]
    return draft


def visible(tx: Transaction, call: Call, trashed: bool) -> list[Body]:
    """Dashboards that the caller may read, without their content."""
    states = {LifecycleState.ACTIVE.value} | ({LifecycleState.TRASHED.value} if trashed else set())
    drafts = [stored["draft"] for stored in tx.list(KIND, f"{call.workspace}/")]
    return [
        {name: value for name, value in draft.items() if name != "serialized_dashboard"}
        for draft in drafts
        if draft["lifecycle_state"] in states
        and acl.has_level(tx, call.principal, call.workspace, OBJECT_TYPE, draft["dashboard_id"], "CAN_READ")
    ]


def update(tx: Transaction, call: Call, identifier: str, body: Body) -> Body:
    """Change the draft; with an etag, only if it is the latest. Raises DatabricksError 400, 403, 404, 409."""
    stored = _editable(tx, call, identifier)
    draft, given = stored["draft"], parsed(Dashboard, body)
    if given.etag and given.etag != draft["etag"]:
        raise DatabricksError(409, "ABORTED", f"Dashboard {identifier} was changed since etag {given.etag}.")
    if given.display_name and given.display_name != draft["display_name"]:
        draft["path"] = _free_path(tx, call, draft["parent_path"], given.display_name)
        draft["display_name"] = given.display_name
    if given.serialized_dashboard:
        serialized.checked(given.serialized_dashboard)
        draft["serialized_dashboard"] = given.serialized_dashboard
    if given.warehouse_id:
        draft["warehouse_id"] = _warehouse(tx, call, given.warehouse_id)
    draft |= {"etag": uuid.uuid4().hex, "update_time": _timestamp(tx)}
    tx.put(KIND, _key(call.workspace, identifier), stored)
    shown: Body = draft
    return shown


def publish(tx: Transaction, call: Call, identifier: str, body: Body) -> Body:
    """Publish the draft as it is now. Raises DatabricksError 400, 403, 404."""
    stored = _editable(tx, call, identifier)
    draft = stored["draft"]
    warehouse = _warehouse(tx, call, body.get("warehouse_id") or draft.get("warehouse_id"))
    if warehouse is None:
        raise invalid("A dashboard needs a warehouse to be published.")
    shown = PublishedDashboard(
        display_name=draft["display_name"],
        embed_credentials=bool(body.get("embed_credentials", False)),
        revision_create_time=_timestamp(tx),
        warehouse_id=warehouse,
    ).as_dict()
    content = {"serialized_dashboard": draft["serialized_dashboard"], "publisher": call.principal.name}
    tx.put(KIND, _key(call.workspace, identifier), {**stored, "published": {"shown": shown, **content}})
    return shown


def published(tx: Transaction, call: Call, identifier: str) -> Body:
    """What is published. Raises DatabricksError 403, 404."""
    stored = _find(tx, call, identifier, "CAN_READ")
    if "published" not in stored:
        raise not_found(f"Dashboard {identifier} is not published.")
    shown: Body = stored["published"]["shown"]
    return shown


@dataclass(frozen=True)
class Shown:
    """What a viewer sees of a dashboard, and with whose rights its queries run: None is his own."""

    display_name: str
    serialized_dashboard: str
    warehouse_id: str | None
    run_as: str | None


def shown(tx: Transaction, call: Call, identifier: str, draft: bool) -> Shown:
    """The published content, or the draft where that is asked for or all there is. Raises DatabricksError 403, 404."""
    stored = _find(tx, call, identifier, "CAN_READ")
    found = stored.get("published")
    if draft or found is None:
        content = stored["draft"]
        return Shown(content["display_name"], content["serialized_dashboard"], content.get("warehouse_id"), None)
    revision = found["shown"]
    run_as = found["publisher"] if revision.get("embed_credentials") else None
    return Shown(revision["display_name"], found["serialized_dashboard"], revision["warehouse_id"], run_as)


def unpublish(tx: Transaction, call: Call, identifier: str) -> None:
    """Take back what is published. Raises DatabricksError 403, 404."""
    stored = _editable(tx, call, identifier)
    if stored.pop("published", None) is None:
        raise not_found(f"Dashboard {identifier} is not published.")
    tx.put(KIND, _key(call.workspace, identifier), stored)


def trash(tx: Transaction, call: Call, identifier: str) -> None:
    """Move it to the trash; what was published is gone. Raises DatabricksError 403, 404."""
    stored = _find(tx, call, identifier, "CAN_MANAGE")
    if stored["draft"]["lifecycle_state"] == LifecycleState.TRASHED.value:
        raise denied(f"Dashboard {identifier} is in the trash.")  # as Databricks answers
    stored["draft"]["lifecycle_state"] = LifecycleState.TRASHED.value
    stored.pop("published", None)
    tx.put(KIND, _key(call.workspace, identifier), stored)


def _editable(tx: Transaction, call: Call, identifier: str) -> Body:
    stored = _find(tx, call, identifier, "CAN_EDIT")
    if stored["draft"]["lifecycle_state"] == LifecycleState.TRASHED.value:
        raise denied(f"Dashboard {identifier} is in the trash.")
    return stored


def _find(tx: Transaction, call: Call, identifier: str, level: str) -> Body:
    stored = tx.get(KIND, _key(call.workspace, identifier))
    if stored is None:
        raise not_found(f"Unable to find dashboard with dashboardId {identifier}.")
    acl.require_level(tx, call.principal, call.workspace, OBJECT_TYPE, identifier, level)
    return stored


def _warehouse(tx: Transaction, call: Call, identifier: str | None) -> str | None:
    if identifier:
        warehouses.get(tx, call, identifier, "CAN_USE")
    return identifier


def _free_path(tx: Transaction, call: Call, parent: str, name: str) -> str:
    path = str(PurePosixPath(parent) / f"{name}.lvdash.json")
    for stored in tx.list(KIND, f"{call.workspace}/"):
        if stored["draft"]["path"] == path and stored["draft"]["lifecycle_state"] == LifecycleState.ACTIVE.value:
            raise already_exists(f"Path ({path}) already exists.")
    return path


def _timestamp(tx: Transaction) -> str:
    return clock.now(tx).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _key(workspace: str, identifier: str) -> str:
    return f"{workspace}/{identifier}"
