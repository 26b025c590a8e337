"""Numbers and addresses that tell the account and its workspaces apart, as clients discover them."""

from __future__ import annotations

from rehearsal.workspace.context import WORKSPACES

ACCOUNT_ID = "00000000-0000-4000-8000-000000000001"
_FIRST_WORKSPACE_ID = 1_000_000_000_000_001


def workspace_id(workspace: str) -> int | None:
    """The number of a workspace (`X-Databricks-Org-Id`); the account has none."""
    return _FIRST_WORKSPACE_ID + WORKSPACES.index(workspace) if workspace in WORKSPACES else None


def workspace_of(number: int) -> str | None:
    """The workspace of a number; None when there is none."""
    return next((workspace for workspace in WORKSPACES if workspace_id(workspace) == number), None)
