"""The account's workspaces: their numbers, and which of them Azure has made."""

from __future__ import annotations

from rehearsal.workspace.errors import not_found
from rehearsal.workspace.identity.installation import workspace_of
from rehearsal.workspace.store import Transaction

LINK = "arm_workspace_link"


def require_workspace(number: int) -> str:
    """The name of the workspace with that number. Raises DatabricksError 404."""
    name = workspace_of(number)
    if name is None:
        raise not_found(f"Workspace {number} does not exist in the account.")
    return name


def linked(tx: Transaction, workspace: str) -> str | None:
    """The id of the Azure resource that made a local workspace its own, or None."""
    link = tx.get(LINK, workspace)
    return link["id"] if link else None
