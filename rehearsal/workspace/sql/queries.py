"""Saved queries: a text with a warehouse and parameters, which people run and jobs' SQL tasks name.

https://docs.databricks.com/api/azure/workspace/queries
"""

from __future__ import annotations

import uuid

from databricks.sdk.service.sql import LifecycleState, Query, RunAsMode

from rehearsal.workspace import clock
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import already_exists, denied, invalid, not_found
from rehearsal.workspace.identity import principals
from rehearsal.workspace.permissions import acl
from rehearsal.workspace.sql import warehouses
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.workspace_objects import directories

KIND, OBJECT_TYPE = "saved_query", "queries"
_CHANGEABLE = (
    "apply_auto_limit", "catalog", "description", "display_name", "parameters", "query_text", "run_as_mode", "schema",
    "tags", "warehouse_id",
)  # fmt: skip
_ACTIVE, _TRASHED = LifecycleState.ACTIVE.value, LifecycleState.TRASHED.value


def create(tx: Transaction, call: Call, body: Body) -> Body:
    """Save a query that belongs to the caller. Raises DatabricksError 400, 403, 404, 409."""
    given = body.get("query") or {}
    checked = _checked(tx, call, {name: given[name] for name in _CHANGEABLE if given.get(name) is not None})
    parent = directories.checked(given.get("parent_path") or f"/Users/{call.principal.name}")
    directories.status(tx, call.workspace, parent)
    directories.require_writable(tx, call.principal, call.workspace, parent)
    checked["display_name"] = _free_name(tx, call, parent, checked, body)
    now = _timestamp(tx)
    stored = checked | {
        "id": str(uuid.uuid4()),
        "parent_path": parent,
        "owner_user_name": call.principal.name,
        "last_modifier_user_name": call.principal.name,
        "lifecycle_state": _ACTIVE,
        "run_as_mode": checked.get("run_as_mode") or RunAsMode.OWNER.value,
        "create_time": now,
        "update_time": now,
    }
    tx.put(KIND, _key(call.workspace, stored["id"]), stored)
    acl.set_owner(tx, call.workspace, OBJECT_TYPE, stored["id"], call.principal.name)
    return stored


def get(tx: Transaction, call: Call, identifier: str, level: str = "CAN_READ") -> Body:
    """The query, for who holds the level; a trashed one still answers. Raises DatabricksError 403, 404."""
    stored = find(tx, call.workspace, identifier)
    acl.require_level(tx, call.principal, call.workspace, OBJECT_TYPE, identifier, level)
    return stored


def find(tx: Transaction, workspace: str, identifier: str) -> Body:
    """The query, whoever asks. Raises DatabricksError 404."""
    stored = tx.get(KIND, _key(workspace, identifier))
    if stored is None:
        raise not_found(f"Query {identifier} does not exist.")
    return stored


def visible(tx: Transaction, call: Call) -> list[Body]:
    """Queries that the caller may read, trashed ones left out, in the order in which they were made."""
    found = [
        stored
        for stored in tx.list(KIND, f"{call.workspace}/")
        if stored["lifecycle_state"] == _ACTIVE
        and acl.has_level(tx, call.principal, call.workspace, OBJECT_TYPE, stored["id"], "CAN_READ")
    ]
    return sorted(found, key=lambda stored: (stored["create_time"], stored["id"]))


def update(tx: Transaction, call: Call, identifier: str, body: Body) -> Body:
    """Change the fields that the mask names. Raises DatabricksError 400, 403, 404, 409."""
    stored, given = get(tx, call, identifier, "CAN_EDIT"), body.get("query") or {}
    if stored["lifecycle_state"] != _ACTIVE:
        raise invalid(f"Query {identifier} is in the trash.")
    mask = str(body.get("update_mask") or "")
    names = set(given) if mask == "*" else {name for name in mask.split(",") if name}
    if not names or names - {*_CHANGEABLE, "owner_user_name"}:
        raise invalid(f"update_mask '{mask}': expected fields out of {', '.join(_CHANGEABLE)}, owner_user_name, or *.")
    changed = {name: value for name, value in stored.items() if name not in names}
    changed |= {name: given[name] for name in names if given.get(name) is not None}
    checked = _checked(tx, call, {name: changed[name] for name in _CHANGEABLE if name in changed})
    if checked["display_name"] != stored["display_name"]:
        checked["display_name"] = _free_name(tx, call, stored["parent_path"], checked, body)
    if "owner_user_name" in names:
        acl.require_level(tx, call.principal, call.workspace, OBJECT_TYPE, identifier, "CAN_MANAGE")
        owner = principals.load(tx, str(given.get("owner_user_name"))).name
        acl.set_owner(tx, call.workspace, OBJECT_TYPE, identifier, owner)
    changed |= checked | {"last_modifier_user_name": call.principal.name, "update_time": _timestamp(tx)}
    tx.put(KIND, _key(call.workspace, identifier), changed)
    return changed


def trash(tx: Transaction, call: Call, identifier: str) -> None:
    """Move the query to the trash. Raises DatabricksError 403, 404."""
    stored = get(tx, call, identifier, "CAN_MANAGE")
    if stored["lifecycle_state"] == _TRASHED:
        raise denied(f"Query {identifier} is in the trash.")
    tx.put(KIND, _key(call.workspace, identifier), {**stored, "lifecycle_state": _TRASHED})


def _checked(tx: Transaction, call: Call, given: Body) -> Body:
    try:
        query = Query.from_dict(given)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise invalid(f"The query is malformed: {error}") from error
    if not query.query_text or not query.query_text.strip():
        raise invalid("query_text must be specified.")
    if query.warehouse_id:
        warehouses.get(tx, call, query.warehouse_id, "CAN_USE")
    if query.catalog or query.schema:
        raise invalid("Name tables in full: catalog and schema are not supported.")
    return {"display_name": "New Query", **query.as_dict()}


def _free_name(tx: Transaction, call: Call, parent: str, query: Body, body: Body) -> str:
    """The display name, with a number behind it if that is asked for. Raises DatabricksError 409."""
    taken = {
        other["display_name"]
        for other in tx.list(KIND, f"{call.workspace}/")
        if other["parent_path"] == parent and other["lifecycle_state"] == _ACTIVE
    }
    name = wanted = str(query["display_name"])
    number = 1
    while name in taken:
        if not body.get("auto_resolve_display_name"):
            raise already_exists(f"Node with name {wanted} already exists in {parent}.")
        name, number = f"{wanted} ({number})", number + 1
    return name


def _timestamp(tx: Transaction) -> str:
    return clock.now(tx).strftime("%Y-%m-%dT%H:%M:%SZ")


def _key(workspace: str, identifier: str) -> str:
    return f"{workspace}/{identifier}"
