"""HTTP of the account's list of workspaces."""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.provisioning import AzureWorkspaceInfo, Workspace, WorkspaceStatus
from fastapi import APIRouter

from rehearsal.workspace.account.administration import AdminDep, require_workspace
from rehearsal.workspace.arm import databricks, ids
from rehearsal.workspace.context import WORKSPACES
from rehearsal.workspace.identity.installation import ACCOUNT_ID, workspace_id
from rehearsal.workspace.store import Transaction

router = APIRouter(prefix="/api/2.0/accounts/{account_id}/workspaces")


@router.get("")
def list_workspaces(call: AdminDep) -> list[dict[str, Any]]:
    """All workspaces."""
    with call.store.transaction() as tx:
        return [_shown(tx, name) for name in WORKSPACES]


@router.get("/{number}")
def get_workspace(number: int, call: AdminDep) -> dict[str, Any]:
    """One workspace."""
    with call.store.transaction() as tx:
        return _shown(tx, require_workspace(number))


def _shown(tx: Transaction, name: str) -> dict[str, Any]:
    """The workspace; one that Azure has made says in which subscription and group."""
    linked = databricks.linked(tx, name)
    azure = ids.parse(linked) if linked else None
    info = AzureWorkspaceInfo(
        subscription_id=azure.subscription, resource_group=azure.group.rpartition("/")[2]
    ) if azure else None  # fmt: skip
    return Workspace(
        account_id=ACCOUNT_ID,
        workspace_id=workspace_id(name),
        workspace_name=azure.name if azure else name,
        workspace_status=WorkspaceStatus.RUNNING,
        azure_workspace_info=info,
        cloud="azure",
    ).as_dict()
