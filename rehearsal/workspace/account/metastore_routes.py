"""HTTP of the account's one metastore and of the workspaces assigned to it.

The local workspaces see Unity Catalog whether they are assigned or not; the assignment is what Terraform keeps.
"""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.catalog import MetastoreAssignment
from fastapi import APIRouter

from rehearsal.workspace.account.administration import AdminDep
from rehearsal.workspace.account.assignments import METASTORE
from rehearsal.workspace.account.workspaces import require_workspace
from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.errors import already_exists, not_found
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import storage

router = APIRouter(prefix="/api/2.0/accounts/{account_id}")
ASSIGNMENT = "/workspaces/{workspace_id}/metastores/{metastore_id}"


@router.get("/metastores")
def list_metastores(call: AdminDep) -> dict[str, Any]:
    """All metastores: one."""
    return {"metastores": [_info()]}


@router.get("/metastores/{metastore_id}")
def get_metastore(metastore_id: str, call: AdminDep) -> dict[str, Any]:
    """The metastore by its id."""
    _require_metastore(metastore_id)
    return {"metastore_info": _info()}


@router.get("/metastores/{metastore_id}/workspaces")
def assigned_workspaces(metastore_id: str, call: AdminDep) -> dict[str, Any]:
    """Numbers of the workspaces assigned to it."""
    _require_metastore(metastore_id)
    with call.store.transaction() as tx:
        return {"workspace_ids": [record["workspace_id"] for record in tx.list(METASTORE)]}


@router.get("/workspaces/{workspace_id}/metastore")
def get_assignment(workspace_id: int, call: AdminDep) -> dict[str, Any]:
    """The metastore that a workspace is assigned to."""
    with call.store.transaction() as tx:
        return {"metastore_assignment": _assigned(tx, workspace_id)}


@router.post(ASSIGNMENT)
def assign(workspace_id: int, metastore_id: str, call: AdminDep, body: Body | None = None) -> dict[str, Any]:
    """Assign a workspace that is not assigned yet."""
    require_workspace(workspace_id)
    _require_metastore(metastore_id)
    with call.store.transaction() as tx:
        if tx.get(METASTORE, str(workspace_id)) is not None:
            raise already_exists(f"Workspace {workspace_id} is assigned to a metastore already.")
        _put(tx, workspace_id, metastore_id, body)
    return {}


@router.put(ASSIGNMENT)
def update_assignment(workspace_id: int, metastore_id: str, call: AdminDep, body: Body | None = None) -> dict[str, Any]:
    """Change the default catalog of an assignment."""
    with call.store.transaction() as tx:
        _assigned(tx, workspace_id)
        _require_metastore(metastore_id)
        _put(tx, workspace_id, metastore_id, body)
    return {}


@router.delete(ASSIGNMENT)
def unassign(workspace_id: int, metastore_id: str, call: AdminDep) -> dict[str, Any]:
    """Take the assignment away."""
    with call.store.transaction() as tx:
        if _assigned(tx, workspace_id)["metastore_id"] != metastore_id:
            raise not_found(f"Workspace {workspace_id} is not assigned to metastore {metastore_id}.")
        tx.delete(METASTORE, str(workspace_id))
    return {}


def _put(tx: Transaction, workspace_id: int, metastore_id: str, body: Body | None) -> None:
    given = parsed(MetastoreAssignment, (body or {}).get("metastore_assignment") or {})
    assignment = MetastoreAssignment(
        workspace_id=workspace_id, metastore_id=metastore_id, default_catalog_name=given.default_catalog_name
    )
    tx.put(METASTORE, str(workspace_id), assignment.as_dict())


def _assigned(tx: Transaction, workspace_id: int) -> Body:
    require_workspace(workspace_id)
    found = tx.get(METASTORE, str(workspace_id))
    if found is None:
        raise not_found(f"Workspace {workspace_id} is not assigned to a metastore.", "METASTORE_DOES_NOT_EXIST")
    return found


def _require_metastore(metastore_id: str) -> None:
    if metastore_id != storage.METASTORE_ID:
        raise not_found(f"Metastore '{metastore_id}' does not exist.", "METASTORE_DOES_NOT_EXIST")


def _info() -> Body:
    return {
        "metastore_id": storage.METASTORE_ID,
        "name": "rehearsal",
        "cloud": "azure",
        "region": "westeurope",
        "global_metastore_id": f"azure:westeurope:{storage.METASTORE_ID}",
    }
