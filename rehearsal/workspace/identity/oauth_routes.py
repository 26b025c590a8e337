"""OAuth for machines: discovery documents and the token endpoint for client credentials. Needs no bearer token."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any
from urllib.parse import unquote_plus

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse

from rehearsal.workspace.context import Platform
from rehearsal.workspace.identity import secrets, tokens
from rehearsal.workspace.identity.installation import ACCOUNT_ID, workspace_id

router = APIRouter()
# As long as Databricks' own access tokens live.
_LIFETIME_SECONDS = 3600


@router.get("/.well-known/databricks-config")
def databricks_config(request: Request) -> dict[str, Any]:
    """What kind of host this is; clients ask before they authenticate."""
    number = workspace_id(request.app.state.workspace)
    host = _host(request)
    common = {"account_id": ACCOUNT_ID, "cloud": "AZURE"}
    if number is None:
        return {"host_type": "account", "oidc_endpoint": f"{host}/oidc/accounts/{ACCOUNT_ID}", **common}
    return {"host_type": "workspace", "oidc_endpoint": f"{host}/oidc", "workspace_id": str(number), **common}


@router.get("/oidc/.well-known/oauth-authorization-server")
@router.get("/oidc/accounts/{account_id}/.well-known/oauth-authorization-server")
def authorization_server(request: Request) -> dict[str, Any]:
    """Where tokens are made."""
    base = _host(request) + request.url.path.removesuffix("/.well-known/oauth-authorization-server")
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}/v1/authorize",
        "token_endpoint": f"{base}/v1/token",
        "grant_types_supported": ["client_credentials"],
        "scopes_supported": ["all-apis"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }


@router.post("/oidc/v1/token")
@router.post("/oidc/accounts/{account_id}/v1/token")
def token(
    request: Request,
    grant_type: Annotated[str, Form()],
    client_id: Annotated[str, Form()] = "",
    client_secret: Annotated[str, Form()] = "",
) -> JSONResponse:
    """An access token for a service principal's application id and secret."""
    if grant_type != "client_credentials":
        return refused(400, "unsupported_grant_type", f"Grant type {grant_type} is not supported.")
    basic = _basic(request.headers.get("authorization", ""))
    client_id, client_secret = basic or (client_id, client_secret)
    platform: Platform = request.app.state.platform
    with platform.store.transaction() as tx:
        if not secrets.accepted(tx, client_id, client_secret):
            return refused(401, "invalid_client", "Client authentication failed")
        text, _ = tokens.create(
            tx,
            client_id,
            _LIFETIME_SECONDS,
            "OAuth client credentials",
            personal=False,
            workspace=request.app.state.workspace,
        )
    return JSONResponse(
        {"access_token": text, "token_type": "Bearer", "expires_in": _LIFETIME_SECONDS, "scope": "all-apis"}
    )


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ("", "")
    return unquote_plus(user), unquote_plus(password)


def refused(status: int, error: str, description: str) -> JSONResponse:
    """OAuth has an error shape of its own (RFC 6749 section 5.2)."""
    return JSONResponse({"error": error, "error_description": description}, status)


def _host(request: Request) -> str:
    platform: Platform = request.app.state.platform
    return platform.host(request.app.state.workspace)
