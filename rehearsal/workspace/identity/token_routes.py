"""HTTP of personal access tokens and of service principals' secrets."""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.oauth2 import SecretInfo
from databricks.sdk.service.settings import PublicTokenInfo
from fastapi import APIRouter
from pydantic import BaseModel

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import denied
from rehearsal.workspace.identity import secrets, tokens
from rehearsal.workspace.store import Body

router = APIRouter()
SECRETS = "/api/2.0/accounts/{account_id}/servicePrincipals/{service_principal_id}/credentials/secrets"
# How a workspace offers the account's API of secrets.
SECRETS_PROXY = "/api/2.0/accounts/servicePrincipals/{service_principal_id}/credentials/secrets"


class NewToken(BaseModel):
    """A token that is asked for (databricks-sdk has no dataclass of these requests)."""

    comment: str | None = None
    lifetime_seconds: int | None = None


class NewTokenOnBehalfOf(NewToken):
    """A token that is asked for a service principal."""

    application_id: str


class NewSecret(BaseModel):
    """A secret that is asked for; its lifetime is a protobuf duration such as `3600s`."""

    lifetime: str | None = None


class TokenId(BaseModel):
    """The token that is meant."""

    token_id: str


@router.post("/api/2.0/token/create")
def create_token(wanted: NewToken, call: CallDep) -> dict[str, Any]:
    """A new personal access token of the caller."""
    return _created(call, call.principal.name, wanted.lifetime_seconds, wanted.comment)


@router.get("/api/2.0/token/list")
def list_tokens(call: CallDep) -> dict[str, Any]:
    """The caller's personal access tokens, without their texts."""
    with call.store.transaction() as tx:
        return {"token_infos": [_info(record) for record in tokens.personal_tokens(tx, call.principal.name)]}


@router.post("/api/2.0/token/delete")
def delete_token(wanted: TokenId, call: CallDep) -> dict[str, Any]:
    """Revoke one of the caller's tokens."""
    with call.store.transaction() as tx:
        tokens.revoke(tx, call.principal.name, wanted.token_id)
    return {}


@router.post("/api/2.0/token-management/on-behalf-of/tokens")
def create_token_on_behalf_of(wanted: NewTokenOnBehalfOf, call: CallDep) -> dict[str, Any]:
    """A token of a service principal, made by an administrator."""
    _require_admin(call)
    return _created(call, wanted.application_id, wanted.lifetime_seconds, wanted.comment)


@router.post(SECRETS)
@router.post(SECRETS_PROXY)
def create_secret(service_principal_id: str, call: CallDep, wanted: NewSecret | None = None) -> dict[str, Any]:
    """A new OAuth secret; the only answer that holds its text."""
    _require_admin(call)
    lifetime = wanted.lifetime if wanted else None
    seconds = int(float(lifetime.rstrip("s"))) if lifetime else None
    with call.store.transaction() as tx:
        text, record = secrets.create(tx, service_principal_id, seconds)
    return {**record, "secret": text}


@router.get(SECRETS)
@router.get(SECRETS_PROXY)
def list_secrets(service_principal_id: str, call: CallDep) -> dict[str, Any]:
    """A service principal's secrets, without their texts."""
    _require_admin(call)
    with call.store.transaction() as tx:
        records = secrets.listed(tx, service_principal_id)
    return {"secrets": [SecretInfo.from_dict(record).as_dict() for record in records]}


@router.delete(f"{SECRETS}/{{secret_id}}")
@router.delete(f"{SECRETS_PROXY}/{{secret_id}}")
def delete_secret(service_principal_id: str, secret_id: str, call: CallDep) -> dict[str, Any]:
    """End a secret."""
    _require_admin(call)
    with call.store.transaction() as tx:
        secrets.delete(tx, service_principal_id, secret_id)
    return {}


def _created(call: Call, name: str, lifetime_seconds: int | None, comment: str | None) -> dict[str, Any]:
    with call.store.transaction() as tx:
        text, record = tokens.create(tx, name, lifetime_seconds, comment or "")
    return {"token_value": text, "token_info": _info(record)}


def _info(record: Body) -> dict[str, Any]:
    return PublicTokenInfo.from_dict(record).as_dict()


def _require_admin(call: Call) -> None:
    if not call.principal.is_admin:
        raise denied("Only administrators may manage credentials of service principals.")
