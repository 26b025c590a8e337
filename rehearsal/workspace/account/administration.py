"""What every request to the account's API must be: sent by an administrator, about this account."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import denied, not_found
from rehearsal.workspace.identity.installation import ACCOUNT_ID


def administrators_call(account_id: str, call: CallDep) -> Call:
    """The call, when it may pass. Raises DatabricksError 404 or 403."""
    if account_id != ACCOUNT_ID:
        raise not_found(f"Account {account_id} does not exist.")
    if not call.principal.is_admin:
        raise denied("Only administrators of the account may use this API.")
    return call


AdminDep = Annotated[Call, Depends(administrators_call)]
