"""HTTP of the assignment of principals to workspaces."""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.iam import PermissionAssignment, WorkspacePermission
from fastapi import APIRouter

from rehearsal.workspace.account import assignments
from rehearsal.workspace.account.administration import AdminDep
from rehearsal.workspace.account.workspaces import require_workspace
from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.store import Body

router = APIRouter(prefix="/api/2.0/accounts/{account_id}/workspaces/{workspace_id}/permissionassignments")


_DESCRIPTIONS = {WorkspacePermission.USER: "Workspace user", WorkspacePermission.ADMIN: "Workspace administrator"}


@router.get("")
def list_assignments(workspace_id: int, call: AdminDep) -> dict[str, Any]:
    """Who is assigned to the workspace."""
    with call.store.transaction() as tx:
        return {"permission_assignments": assignments.listed(tx, workspace_id)}


@router.get("/permissions")
def list_permissions(workspace_id: int, call: AdminDep) -> dict[str, Any]:
    """As what one can be assigned."""
    require_workspace(workspace_id)
    return {"permissions": [{"permission_level": p.value, "description": text} for p, text in _DESCRIPTIONS.items()]}


@router.put("/principals/{principal_id}")
def assign(workspace_id: int, principal_id: int, body: Body, call: AdminDep) -> dict[str, Any]:
    """Assign a principal, in place of what it was assigned before."""
    with call.store.transaction() as tx:
        wanted = parsed(PermissionAssignment, {"permissions": body.get("permissions")}).permissions or []
        return assignments.assign(tx, workspace_id, principal_id, [permission.value for permission in wanted])


@router.delete("/principals/{principal_id}")
def unassign(workspace_id: int, principal_id: int, call: AdminDep) -> dict[str, Any]:
    """Take a principal's assignment away."""
    with call.store.transaction() as tx:
        assignments.unassign(tx, workspace_id, principal_id)
    return {}
