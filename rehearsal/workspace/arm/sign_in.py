"""Signing in to the local Azure: its metadata document, and tokens for client credentials as Microsoft Entra ID's.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse

from rehearsal.workspace.arm.route import ArmRoute
from rehearsal.workspace.context import ACCOUNT, Platform
from rehearsal.workspace.identity import secrets, tokens
from rehearsal.workspace.identity.oauth_routes import refused
from rehearsal.workspace.store import Transaction

router = APIRouter(route_class=ArmRoute)
LIFETIME_SECONDS = 3600
TENANT = "arm_tenant"
_NO_TENANT = "00000000-0000-0000-0000-000000000000"


@router.get("/metadata/endpoints")
def endpoints(request: Request) -> list[dict[str, Any]]:
    """Where this cloud's services are: what a client asks for first that is told ARM_METADATA_HOSTNAME."""
    platform: Platform = request.app.state.platform
    host = platform.host(ACCOUNT)
    authentication = {"loginEndpoint": host, "audiences": [host], "tenant": "common", "identityProvider": "AAD"}
    suffixes = {"storage": "core.windows.net", "keyVaultDns": "vault.azure.net"}
    cloud = {"name": "Rehearsal", "resourceManager": host, "authentication": authentication, "suffixes": suffixes}
    return [cloud]


@router.post("/{tenant}/oauth2/v2.0/token")
def token(
    tenant: str,
    request: Request,
    grant_type: Annotated[str, Form()],
    client_id: Annotated[str, Form()] = "",
    client_secret: Annotated[str, Form()] = "",
) -> JSONResponse:
    """A token for a service principal's application id and secret."""
    if grant_type != "client_credentials":
        return refused(400, "unsupported_grant_type", f"AADSTS70003: The grant type '{grant_type}' is not supported.")
    platform: Platform = request.app.state.platform
    with platform.store.transaction() as tx:
        if not secrets.accepted(tx, client_id, client_secret):
            return refused(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        text, _ = tokens.create(tx, client_id, LIFETIME_SECONDS, "Microsoft Entra ID", personal=False)
        tx.put(TENANT, "current", {"id": tenant})
    return JSONResponse({"token_type": "Bearer", "expires_in": LIFETIME_SECONDS, "access_token": text})


def current_tenant(tx: Transaction) -> str:
    """The tenant that people last signed in to: the local Azure has one, of whatever id."""
    found = tx.get(TENANT, "current")
    return str(found["id"]) if found else _NO_TENANT
