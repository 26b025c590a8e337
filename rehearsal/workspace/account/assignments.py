"""Which principals are assigned to which workspace, and as what."""

from __future__ import annotations

from rehearsal.workspace.account.workspaces import linked, require_workspace
from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import invalid, not_found
from rehearsal.workspace.identity import directory
from rehearsal.workspace.identity.directory import NAME_FIELD, Kind
from rehearsal.workspace.identity.installation import workspace_id
from rehearsal.workspace.store import Body, Transaction

KIND = "workspace_assignment"
METASTORE = "metastore_assignment"
_PERMISSIONS = ("USER", "ADMIN")  # in words: the command line's tokens need not wait for the SDK
_SHOWN: dict[Kind, str] = {"user": "user_name", "service_principal": "service_principal_name", "group": "group_name"}


def assign(tx: Transaction, workspace: int, principal: int, permissions: list[str]) -> Body:
    """Assign a principal anew; no permissions take the assignment away. Raises DatabricksError 404 or 400."""
    require_workspace(workspace)
    shown = _principal(tx, principal)
    if not set(permissions) <= set(_PERMISSIONS):
        raise invalid(f"Permissions are {', '.join(_PERMISSIONS)}, not {', '.join(permissions)}.")
    if permissions:
        tx.put(KIND, f"{workspace}/{principal}", {"principal": principal, "permissions": permissions})
    else:
        tx.delete(KIND, f"{workspace}/{principal}")
    return {"permissions": permissions, "principal": shown}


def unassign(tx: Transaction, workspace: int, principal: int) -> None:
    """Take an assignment away. Raises DatabricksError 404."""
    require_workspace(workspace)
    if not tx.delete(KIND, f"{workspace}/{principal}"):
        raise not_found(f"Principal {principal} is not assigned to workspace {workspace}.")


def listed(tx: Transaction, workspace: int) -> list[Body]:
    """All assignments of a workspace."""
    require_workspace(workspace)
    return [
        {"permissions": record["permissions"], "principal": _principal(tx, record["principal"])}
        for record in tx.list(KIND, f"{workspace}/")
    ]


def may_enter(tx: Transaction, principal: Principal, workspace: str) -> bool:
    """May the principal use the workspace: is it, or a group that holds it, assigned there?

    Administrators may everywhere. The local workspaces are there before anything is deployed, and open to everybody
    until Azure makes one of them its own.
    """
    number = workspace_id(workspace)
    if number is None or principal.is_admin or linked(tx, workspace) is None:
        return True
    ids = {principal.id, *(group["id"] for group in directory.groups_of(tx, principal.id))}
    return any(tx.get(KIND, f"{number}/{identifier}") is not None for identifier in ids)


def forget_principal(tx: Transaction, principal: str) -> None:
    """Drop the assignments of a principal that is deleted."""
    for key, _ in tx.items(KIND):
        if key.endswith(f"/{principal}"):
            tx.delete(KIND, key)


def forget_workspace(tx: Transaction, workspace: int) -> None:
    """Drop what a workspace that is deleted was assigned: principals, metastore, network connectivity."""
    tx.delete(METASTORE, str(workspace))
    tx.delete("network_connectivity_binding", str(workspace))
    for key, _ in tx.items(KIND, f"{workspace}/"):
        tx.delete(KIND, key)


def _principal(tx: Transaction, number: int) -> Body:
    for kind, field in _SHOWN.items():
        resource = tx.get(kind, str(number))
        if resource is not None:
            name = resource[NAME_FIELD[kind]]
            return {"principal_id": number, "display_name": resource.get("displayName") or name, field: name}
    raise not_found(f"Principal {number} does not exist in the account.")
