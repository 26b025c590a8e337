"""Who may have personal access tokens in a workspace: the access control list of `authorization/tokens`.

Until an administrator changes it, everybody in the workspace may.
https://learn.microsoft.com/azure/databricks/security/auth/api-access-permissions
"""

from __future__ import annotations

from rehearsal.workspace.context import ACCOUNT, WORKSPACES, Call
from rehearsal.workspace.errors import denied
from rehearsal.workspace.identity import directory
from rehearsal.workspace.permissions import acl
from rehearsal.workspace.store import Transaction

_TYPE, _OBJECT, _LEVEL = "authorization", "tokens", "CAN_USE"


def announce(tx: Transaction) -> None:
    """Let everybody have tokens, in each workspace that does not say otherwise yet."""
    for workspace in WORKSPACES:
        if not acl.exists(tx, workspace, _TYPE, _OBJECT):
            acl.announce(tx, workspace, _TYPE, _OBJECT)
            acl.replace(tx, workspace, _TYPE, _OBJECT, {directory.USERS: _LEVEL})


def require_use(tx: Transaction, call: Call) -> None:
    """Refuse who may have no tokens in the workspace. Raises DatabricksError 403."""
    if call.workspace == ACCOUNT:
        return
    if not acl.has_level(tx, call.principal, call.workspace, _TYPE, _OBJECT, _LEVEL):
        raise denied(f"{call.principal.name} does not have permission to use personal access tokens.")
