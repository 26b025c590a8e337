"""HTTP of the account's list of workspaces."""

from __future__ import annotations

from typing import Annotated, Any

from databricks.sdk.service.provisioning import AzureWorkspaceInfo, Workspace, WorkspaceStatus
from fastapi import APIRouter, Query

from rehearsal.workspace.account import network_connectivity
from rehearsal.workspace.account.administration import AdminDep
from rehearsal.workspace.account.workspaces import linked, require_workspace
from rehearsal.workspace.arm import ids
from rehearsal.workspace.context import WORKSPACES
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.identity.installation import ACCOUNT_ID, workspace_id
from rehearsal.workspace.store import Body, Transaction

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


@router.patch("/{number}")
def update_workspace(
    number: int, body: Body, call: AdminDep, mask: Annotated[str, Query(alias="update_mask")] = ""
) -> dict[str, Any]:
    """Change a workspace: the one thing that can be changed here is its network connectivity configuration."""
    name = require_workspace(number)
    if mask != "network_connectivity_config_id":
        raise invalid(f"update_mask: '{mask}' cannot be changed; network_connectivity_config_id can.")
    with call.store.transaction() as tx:
        network_connectivity.bind(tx, number, str(body.get("network_connectivity_config_id")))
        return _shown(tx, name)


def _shown(tx: Transaction, name: str) -> dict[str, Any]:
    """The workspace; one that Azure has made says in which subscription and group."""
    resource = linked(tx, name)
    azure = ids.parse(resource) if resource else None
    info = AzureWorkspaceInfo(
        subscription_id=azure.subscription, resource_group=azure.group.rpartition("/")[2]
    ) if azure else None  # fmt: skip
    number = workspace_id(name) or 0
    return Workspace(
        account_id=ACCOUNT_ID,
        workspace_id=number,
        network_connectivity_config_id=network_connectivity.bound(tx, number),
        workspace_name=azure.name if azure else name,
        workspace_status=WorkspaceStatus.RUNNING,
        azure_workspace_info=info,
        cloud="azure",
    ).as_dict()
