"""Cluster policies of a workspace."""

from __future__ import annotations

import secrets
import time

from databricks.sdk.service.compute import Policy

from rehearsal.workspace.bodies import checked
from rehearsal.workspace.cluster_policies import definitions
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import denied, invalid, not_found
from rehearsal.workspace.permissions import acl
from rehearsal.workspace.store import Body, Transaction

KIND, OBJECT_TYPE = "cluster_policy", "cluster-policies"
_CAN_USE = "CAN_USE"
_EDITABLE = ("name", "definition", "description", "libraries", "max_clusters_per_user")


def create(tx: Transaction, call: Call, wanted: Body) -> str:
    """Make a policy; its id. Raises DatabricksError 400, and 403 to all but administrators."""
    _require_admin(call)
    policy_id = secrets.token_hex(8).upper()
    body = {
        **_checked(tx, call, wanted, policy_id),
        "policy_id": policy_id,
        "creator_user_name": call.principal.name,
        "created_at_timestamp": int(time.time() * 1000),
        "is_default": False,
    }
    tx.put(KIND, _key(call, policy_id), body)
    acl.announce(tx, call.workspace, OBJECT_TYPE, policy_id)
    return policy_id


def edit(tx: Transaction, call: Call, wanted: Body) -> None:
    """Replace what a policy says. Raises DatabricksError 400, 403, 404."""
    _require_admin(call)
    policy_id = str(wanted.get("policy_id") or "")
    before = _existing(tx, call, policy_id)
    kept = {name: value for name, value in before.items() if name not in _EDITABLE}
    tx.put(KIND, _key(call, policy_id), {**kept, **_checked(tx, call, wanted, policy_id)})


def get(tx: Transaction, call: Call, policy_id: str) -> Policy:
    """A policy that the caller may use. Raises DatabricksError 403, 404."""
    body = _existing(tx, call, policy_id)
    acl.require_level(tx, call.principal, call.workspace, OBJECT_TYPE, policy_id, _CAN_USE)
    return Policy.from_dict(body)


def usable(tx: Transaction, call: Call) -> list[Policy]:
    """Policies that the caller may use."""
    return [
        Policy.from_dict(body)
        for body in tx.list(KIND, f"{call.workspace}/")
        if acl.has_level(tx, call.principal, call.workspace, OBJECT_TYPE, body["policy_id"], _CAN_USE)
    ]


def delete(tx: Transaction, call: Call, policy_id: str) -> None:
    """Delete a policy. Raises DatabricksError 403, 404."""
    _require_admin(call)
    _existing(tx, call, policy_id)
    tx.delete(KIND, _key(call, policy_id))
    acl.forget(tx, call.workspace, OBJECT_TYPE, policy_id)


def _checked(tx: Transaction, call: Call, wanted: Body, policy_id: str) -> Body:
    wanted = checked(Policy, wanted)
    body = {name: wanted[name] for name in _EDITABLE if name in wanted}
    if wanted.get("policy_family_id"):
        raise invalid("Policy families are not supported by this workspace: give a definition.")
    if not body.get("name") or not body.get("definition"):
        raise invalid("A cluster policy needs a name and a definition.")
    if any(
        other["name"] == body["name"] and other["policy_id"] != policy_id
        for other in tx.list(KIND, f"{call.workspace}/")
    ):
        raise invalid(f"Policy with name '{body['name']}' already exists.")
    definitions.parse(body["definition"])
    if int(body.get("max_clusters_per_user", 1)) < 1:
        raise invalid("max_clusters_per_user must be at least 1.")
    return body


def _require_admin(call: Call) -> None:
    if not call.principal.is_admin:
        raise denied("Only workspace administrators can create, edit and delete cluster policies.")


def _existing(tx: Transaction, call: Call, policy_id: str) -> Body:
    body = tx.get(KIND, _key(call, policy_id))
    if body is None:
        raise not_found(f"Cluster policy {policy_id} does not exist.")
    return body


def _key(call: Call, policy_id: str) -> str:
    return f"{call.workspace}/{policy_id}"
