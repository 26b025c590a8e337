"""Serving endpoints as documents: one per workspace and name, kept until deleted; with or without a configuration.

An endpoint without configuration is legal: Terraform makes it, the deployment pipeline fills it.
"""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

from databricks.sdk.service.serving import EndpointTag

from rehearsal.workspace.account import budget_policies
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import already_exists, invalid, not_found
from rehearsal.workspace.permissions import acl
from rehearsal.workspace.store import Body, Transaction

KIND = "serving-endpoint"
OBJECT_TYPE = "serving-endpoints"
_NAME = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$")
NOT_UPDATING, IN_PROGRESS, UPDATE_FAILED = "NOT_UPDATING", "IN_PROGRESS", "UPDATE_FAILED"


def now() -> int:
    """Milliseconds since the epoch, as the API counts time."""
    return int(time.time() * 1000)


def create(tx: Transaction, call: Call, body: Body) -> Body:
    """Make an endpoint without configuration; its creator manages it."""
    name = body.get("name") or ""
    if not _NAME.match(name):
        raise invalid(
            f"Endpoint name '{name}' is invalid. It must be 1 to 63 characters: letters, digits, dashes and "
            "underscores, and must start and end with a letter or digit."
        )
    if tx.get(KIND, _key(call.workspace, name)):
        raise already_exists(f"Endpoint with name '{name}' already exists.")
    budget_policies.require_use(tx, call.principal, body.get("budget_policy_id"))
    endpoint_id = uuid.uuid4().hex
    endpoint = {
        "id": endpoint_id,
        "name": name,
        "workspace": call.workspace,
        "creator": call.principal.name,
        "creation_timestamp": now(),
        "last_updated_timestamp": now(),
        "description": body.get("description"),
        "budget_policy_id": body.get("budget_policy_id"),
        "route_optimized": bool(body.get("route_optimized", False)),
        "tags": [EndpointTag.from_dict(tag).as_dict() for tag in body.get("tags") or []],
        "ai_gateway": None,
        "config": None,
        "pending_config": None,
        "config_version": 0,
        "config_update": NOT_UPDATING,
    }
    tx.put(KIND, _key(call.workspace, name), endpoint)
    acl.set_owner(tx, call.workspace, OBJECT_TYPE, endpoint_id, call.principal.name)
    return endpoint


def find(tx: Transaction, workspace: str, name: str) -> Body:
    """The endpoint's document. Raises DatabricksError 404."""
    endpoint = tx.get(KIND, _key(workspace, name))
    if endpoint is None:
        raise not_found(f"Endpoint with name '{name}' does not exist.")
    return endpoint


def find_permitted(tx: Transaction, call: Call, name: str, level: str) -> Body:
    """The endpoint's document, for who holds the level on it. Raises DatabricksError 404 or 403."""
    endpoint = find(tx, call.workspace, name)
    acl.require_level(tx, call.principal, call.workspace, OBJECT_TYPE, endpoint["id"], level)
    return endpoint


def list_visible(tx: Transaction, call: Call) -> list[Body]:
    """The workspace's endpoints that the caller may see."""
    return [endpoint for endpoint in tx.list(KIND, f"{call.workspace}/") if permission_level(tx, call, endpoint)]


def list_all(tx: Transaction) -> list[Body]:
    """The endpoints of all workspaces."""
    return tx.list(KIND)


def save(tx: Transaction, endpoint: Body) -> None:
    """Write the changed document."""
    tx.put(KIND, _key(endpoint["workspace"], endpoint["name"]), {**endpoint, "last_updated_timestamp": now()})


def delete(tx: Transaction, endpoint: Body) -> None:
    """Remove the endpoint and its permissions."""
    tx.delete(KIND, _key(endpoint["workspace"], endpoint["name"]))
    acl.forget(tx, endpoint["workspace"], OBJECT_TYPE, endpoint["id"])


def patch_tags(endpoint: Body, add: list[Body], remove: list[str]) -> list[dict[str, Any]]:
    """Add (or overwrite) and remove tags of the document; returns all of them."""
    tags = {tag["key"]: tag for tag in endpoint["tags"]} | {tag["key"]: tag for tag in add}
    endpoint["tags"] = [tag for key, tag in tags.items() if key not in remove]
    return list(endpoint["tags"])


def permission_level(tx: Transaction, call: Call, endpoint: Body) -> str | None:
    """The highest level that the caller holds on the endpoint."""
    for level in ("CAN_MANAGE", "CAN_QUERY", "CAN_VIEW"):
        if acl.has_level(tx, call.principal, call.workspace, OBJECT_TYPE, endpoint["id"], level):
            return level
    return None


def _key(workspace: str, name: str) -> str:
    return f"{workspace}/{name}"
