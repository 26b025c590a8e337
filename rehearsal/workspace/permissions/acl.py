"""Access control lists: who holds which level on a workspace object, and the check that every service makes.

A document per object: {"owner": name, "entries": {principal name: level}}. An object belongs to its creator; where the
type has no IS_OWNER (experiments, endpoints) he holds CAN_MANAGE. Administrators always may.
"""

from __future__ import annotations

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import denied, not_found
from rehearsal.workspace.permissions.levels import CAN_MANAGE, IS_OWNER, LEVELS, canonical_type, includes
from rehearsal.workspace.store import Body, Transaction

KIND = "acl"


def require_level(
    tx: Transaction, call_principal: Principal, workspace: str, object_type: str, object_id: str, level: str
) -> None:
    """Refuse unless the principal holds at least this level on the object. Raises DatabricksError 403."""
    if not has_level(tx, call_principal, workspace, object_type, object_id, level):
        raise denied(
            f"{call_principal.name} does not have {level} permissions on {object_type} {object_id}. "
            "Please contact the owner or an administrator for access."
        )


def has_level(
    tx: Transaction, call_principal: Principal, workspace: str, kind: str, object_id: str, level: str
) -> bool:
    """Does the principal hold at least this level on the object?"""
    if call_principal.is_admin:
        return True
    kind = canonical_type(kind)
    held = entries(tx, workspace, kind, object_id)
    return any(includes(kind, held[name], level) for name in held.keys() & call_principal.names)


def entries(tx: Transaction, workspace: str, kind: str, object_id: str) -> dict[str, str]:
    """Level of each principal that is named on the object, the owner first."""
    body = tx.get(KIND, _key(workspace, kind, object_id)) or {}
    owner_level = IS_OWNER if IS_OWNER in LEVELS[kind] else CAN_MANAGE
    owner = {body["owner"]: owner_level} if body.get("owner") else {}
    return {**body.get("entries", {}), **owner}


def replace(tx: Transaction, workspace: str, kind: str, object_id: str, levels: dict[str, str]) -> None:
    """Set the list as a whole; without an IS_OWNER in it, the owner stays, as on Databricks."""
    body: Body = tx.get(KIND, _key(workspace, kind, object_id)) or {}
    owners = [name for name, level in levels.items() if level == IS_OWNER]
    body["owner"] = owners[0] if owners else body.get("owner")
    body["entries"] = {name: level for name, level in levels.items() if level != IS_OWNER and name != body["owner"]}
    tx.put(KIND, _key(workspace, kind, object_id), body)


def exists(tx: Transaction, workspace: str, kind: str, object_id: str) -> bool:
    """Has the object been announced by `set_owner`?"""
    return tx.get(KIND, _key(workspace, kind, object_id)) is not None


def require_existing(tx: Transaction, workspace: str, kind: str, object_id: str) -> None:
    """Raises DatabricksError 404 for an object that no service has announced."""
    if not exists(tx, workspace, kind, object_id):
        raise not_found(f"{kind} with id {object_id} does not exist.")


def announce(tx: Transaction, workspace: str, object_type: str, object_id: str) -> None:
    """Announce a new object that administrators alone manage, whoever made it (a cluster policy)."""
    tx.put(KIND, _key(workspace, object_type, object_id), {"owner": None, "entries": {}})


def set_owner(tx: Transaction, workspace: str, object_type: str, object_id: str, principal_name: str) -> None:
    """Announce a new object, or change whose it is. Services call this for each object that they create."""
    body = tx.get(KIND, _key(workspace, object_type, object_id)) or {"entries": {}}
    body["owner"] = principal_name
    body["entries"].pop(principal_name, None)
    tx.put(KIND, _key(workspace, object_type, object_id), body)


def forget(tx: Transaction, workspace: str, object_type: str, object_id: str) -> None:
    """Drop the list of an object that is deleted."""
    tx.delete(KIND, _key(workspace, object_type, object_id))


def _key(workspace: str, kind: str, object_id: str) -> str:
    return f"{workspace}/{canonical_type(kind)}/{object_id}"


def forget_principal(tx: Transaction, principal_name: str) -> None:
    """Take a principal that is deleted off all lists; objects that he owned stay without owner."""
    for key, body in tx.items(KIND):
        if body.get("owner") == principal_name or principal_name in body["entries"]:
            owner = None if body.get("owner") == principal_name else body.get("owner")
            entries = {name: level for name, level in body["entries"].items() if name != principal_name}
            tx.put(KIND, key, {"owner": owner, "entries": entries})
