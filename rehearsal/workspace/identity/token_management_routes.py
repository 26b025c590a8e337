"""HTTP of the administrators' view of personal access tokens.

https://docs.databricks.com/api/azure/workspace/tokenmanagement
"""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.settings import TokenInfo
from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import Call
from rehearsal.workspace.identity import directory, tokens
from rehearsal.workspace.identity.installation import workspace_id
from rehearsal.workspace.identity.token_routes import NewToken, created, require_admin
from rehearsal.workspace.store import Body, Transaction

router = APIRouter(prefix="/api/2.0/token-management")


class NewTokenOnBehalfOf(NewToken):
    """A token that is asked for a service principal."""

    application_id: str


@router.post("/on-behalf-of/tokens")
def create_token(wanted: NewTokenOnBehalfOf, call: CallDep) -> dict[str, Any]:
    """A token of a service principal."""
    require_admin(call)
    return created(call, wanted.application_id, wanted)


@router.get("/tokens")
def list_tokens(call: CallDep, created_by_id: int | None = None, created_by_username: str | None = None) -> Any:
    """All tokens of the workspace, or those that somebody made."""
    require_admin(call)
    with call.store.transaction() as tx:
        found = [_info(tx, call, record) for record in tokens.personal_tokens(tx, call.workspace)]
    chosen = [
        info
        for info in found
        if created_by_id in (None, info.created_by_id) and created_by_username in (None, info.created_by_username)
    ]
    return {"token_infos": [info.as_dict() for info in chosen]}


@router.get("/tokens/{token_id}")
def get_token(token_id: str, call: CallDep) -> dict[str, Any]:
    """One token, without its text."""
    require_admin(call)
    with call.store.transaction() as tx:
        return {"token_info": _info(tx, call, tokens.find_personal(tx, call.workspace, token_id)).as_dict()}


@router.delete("/tokens/{token_id}")
def delete_token(token_id: str, call: CallDep) -> dict[str, Any]:
    """Revoke anybody's token."""
    require_admin(call)
    with call.store.transaction() as tx:
        tokens.revoke(tx, tokens.find_personal(tx, call.workspace, token_id)["token_id"])
    return {}


def _info(tx: Transaction, call: Call, record: Body) -> TokenInfo:
    creator = str(record.get("creator") or record["principal"])
    return TokenInfo(
        token_id=record["token_id"],
        comment=record["comment"],
        creation_time=record["creation_time"],
        expiry_time=record["expiry_time"],
        owner_id=_id_of(tx, record["principal"]),
        created_by_id=_id_of(tx, creator),
        created_by_username=creator,
        workspace_id=workspace_id(call.workspace),
    )


def _id_of(tx: Transaction, name: str) -> int | None:
    """None for somebody who has been deleted since."""
    found = (directory.by_name(tx, kind, name) for kind in directory.PEOPLE)
    return next((int(resource["id"]) for resource in found if resource), None)
