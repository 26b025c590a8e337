"""HTTP of the caller's own personal access tokens and of service principals' secrets."""

from __future__ import annotations

import re
from typing import Any

from databricks.sdk.service.oauth2 import SecretInfo
from databricks.sdk.service.settings import PublicTokenInfo
from fastapi import APIRouter
from pydantic import BaseModel

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import denied, invalid, not_found
from rehearsal.workspace.identity import secrets, tokens
from rehearsal.workspace.identity import token_permissions as permissions
from rehearsal.workspace.store import Body

router = APIRouter()
# https://learn.microsoft.com/azure/databricks/admin/access-control/tokens: two years at most, and when nothing is said.
MOST_SECONDS = 730 * 24 * 3600
SECRETS = "/api/2.0/accounts/{account_id}/servicePrincipals/{service_principal_id}/credentials/secrets"
# How a workspace offers the account's API of secrets.
SECRETS_PROXY = "/api/2.0/accounts/servicePrincipals/{service_principal_id}/credentials/secrets"


class NewToken(BaseModel):
    """A token that is asked for (databricks-sdk has no dataclass of these requests)."""

    comment: str | None = None
    lifetime_seconds: int | None = None


class NewSecret(BaseModel):
    """A secret that is asked for; its lifetime is a protobuf duration such as `3600s`."""

    lifetime: str | None = None


class TokenId(BaseModel):
    """The token that is meant."""

    token_id: str


@router.post("/api/2.0/token/create")
def create_token(wanted: NewToken, call: CallDep) -> dict[str, Any]:
    """A new personal access token of the caller."""
    return created(call, call.principal.name, wanted)


@router.get("/api/2.0/token/list")
def list_tokens(call: CallDep) -> dict[str, Any]:
    """The caller's personal access tokens, without their texts."""
    with call.store.transaction() as tx:
        found = tokens.personal_tokens(tx, call.workspace)
    return {"token_infos": [_info(record) for record in found if record["principal"] == call.principal.name]}


@router.post("/api/2.0/token/delete")
def delete_token(wanted: TokenId, call: CallDep) -> dict[str, Any]:
    """Revoke one of the caller's tokens."""
    with call.store.transaction() as tx:
        record = tokens.find_personal(tx, call.workspace, wanted.token_id)
        if record["principal"] != call.principal.name:
            raise not_found(f"Token with id {wanted.token_id} does not exist.")
        tokens.revoke(tx, wanted.token_id)
    return {}


def created(call: Call, name: str, wanted: NewToken) -> dict[str, Any]:
    """A new token of that principal, as the API shows it once. Raises DatabricksError 400, 403."""
    seconds = MOST_SECONDS if wanted.lifetime_seconds is None else wanted.lifetime_seconds
    if not 0 < seconds <= MOST_SECONDS:
        raise invalid(f"lifetime_seconds must be between 1 and {MOST_SECONDS} (730 days); found {seconds}.")
    with call.store.transaction() as tx:
        permissions.require_use(tx, call)
        text, record = tokens.create(
            tx, name, seconds, wanted.comment or "", workspace=call.workspace, creator=call.principal.name
        )
    return {"token_value": text, "token_info": _info(record)}


@router.post(SECRETS)
@router.post(SECRETS_PROXY)
def create_secret(service_principal_id: str, call: CallDep, wanted: NewSecret | None = None) -> dict[str, Any]:
    """A new OAuth secret; the only answer that holds its text."""
    require_admin(call)
    lifetime = wanted.lifetime if wanted else None
    seconds = _duration(lifetime) if lifetime else None
    with call.store.transaction() as tx:
        text, record = secrets.create(tx, service_principal_id, seconds)
    return {**record, "secret": text}


@router.get(SECRETS)
@router.get(SECRETS_PROXY)
def list_secrets(service_principal_id: str, call: CallDep) -> dict[str, Any]:
    """A service principal's secrets, without their texts."""
    require_admin(call)
    with call.store.transaction() as tx:
        records = secrets.listed(tx, service_principal_id)
    return {"secrets": [SecretInfo.from_dict(record).as_dict() for record in records]}


@router.delete(f"{SECRETS}/{{secret_id}}")
@router.delete(f"{SECRETS_PROXY}/{{secret_id}}")
def delete_secret(service_principal_id: str, secret_id: str, call: CallDep) -> dict[str, Any]:
    """End a secret."""
    require_admin(call)
    with call.store.transaction() as tx:
        secrets.delete(tx, service_principal_id, secret_id)
    return {}


def _info(record: Body) -> dict[str, Any]:
    return PublicTokenInfo.from_dict(record).as_dict()


def require_admin(call: Call) -> None:
    """Refuse everybody else. Raises DatabricksError 403."""
    if not call.principal.is_admin:
        raise denied("Only administrators may manage credentials of service principals.")


def _duration(text: str) -> int:
    """Whole seconds of a protobuf duration such as `3600s`. Raises DatabricksError 400."""
    match = re.fullmatch(r"(\d{1,9})(\.\d+)?s", text)
    if match is None or not 0 < int(match[1]) <= MOST_SECONDS:
        raise invalid(f"lifetime must be a duration between 1s and {MOST_SECONDS}s (730 days); found {text!r}.")
    return int(match[1])
