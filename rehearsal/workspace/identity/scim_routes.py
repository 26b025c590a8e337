"""HTTP of SCIM 2.0, the same under the workspace's and the account's address."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from rehearsal.workspace.account import assignments
from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import denied
from rehearsal.workspace.identity import scim, secrets, tokens
from rehearsal.workspace.identity.directory import Kind
from rehearsal.workspace.identity.installation import workspace_id
from rehearsal.workspace.permissions import acl, rule_sets
from rehearsal.workspace.secrets import scopes
from rehearsal.workspace.unity_catalog import grants

router = APIRouter()
WORKSPACE = "/api/2.0/preview/scim/v2"
ACCOUNT = "/api/2.0/accounts/{account_id}/scim/v2"


class Collection(StrEnum):
    """SCIM's collections."""

    USERS = "Users"
    GROUPS = "Groups"
    SERVICE_PRINCIPALS = "ServicePrincipals"


_KINDS: dict[Collection, Kind] = {
    Collection.USERS: "user",
    Collection.GROUPS: "group",
    Collection.SERVICE_PRINCIPALS: "service_principal",
}


@router.get(f"{WORKSPACE}/Me")
def me(call: CallDep, response: Response) -> dict[str, Any]:
    """Who the token stands for."""
    number = workspace_id(call.workspace)
    if number is not None:
        response.headers["X-Databricks-Org-Id"] = str(number)
    with call.store.transaction() as tx:
        resource = scim.get(tx, call.principal.kind, call.principal.id)
    # Service principals have no userName of their own; `Me` gives them their application id.
    return {"userName": call.principal.name, **resource}


@router.get(f"{WORKSPACE}/{{collection}}")
@router.get(f"{ACCOUNT}/{{collection}}")
def list_resources(
    collection: Collection,
    call: CallDep,
    filter: str | None = None,
    start: Annotated[int, Query(alias="startIndex")] = 1,
    count: int | None = None,
) -> dict[str, Any]:
    """A page of users, groups or service principals."""
    with call.store.transaction() as tx:
        return scim.listed(tx, _KINDS[collection], filter, start, count)


@router.post(f"{WORKSPACE}/{{collection}}")
@router.post(f"{ACCOUNT}/{{collection}}")
def create_resource(collection: Collection, body: dict[str, Any], call: CallDep, request: Request) -> JSONResponse:
    """Add a user, group or service principal; who is added in a workspace is assigned to it."""
    _require_admin(call)
    number = workspace_id(call.workspace) if request.url.path.startswith(WORKSPACE) else None
    with call.store.transaction() as tx:
        created = scim.create(tx, _KINDS[collection], body)
        if collection is Collection.SERVICE_PRINCIPALS:
            rule_sets.announce(tx, rule_sets.SERVICE_PRINCIPALS, created["applicationId"], call.principal)
        if number is not None:
            assignments.assign(tx, number, int(created["id"]), ["USER"])
    return JSONResponse(created, 201)


@router.get(f"{WORKSPACE}/{{collection}}/{{resource_id}}")
@router.get(f"{ACCOUNT}/{{collection}}/{{resource_id}}")
def get_resource(collection: Collection, resource_id: str, call: CallDep) -> dict[str, Any]:
    """One resource."""
    with call.store.transaction() as tx:
        return scim.get(tx, _KINDS[collection], resource_id)


@router.put(f"{WORKSPACE}/{{collection}}/{{resource_id}}")
@router.put(f"{ACCOUNT}/{{collection}}/{{resource_id}}")
def replace_resource(collection: Collection, resource_id: str, body: dict[str, Any], call: CallDep) -> dict[str, Any]:
    """Put a resource in place of the stored one."""
    _require_admin(call)
    with call.store.transaction() as tx:
        return scim.replace(tx, _KINDS[collection], resource_id, body)


@router.patch(f"{WORKSPACE}/{{collection}}/{{resource_id}}")
@router.patch(f"{ACCOUNT}/{{collection}}/{{resource_id}}")
def patch_resource(collection: Collection, resource_id: str, body: dict[str, Any], call: CallDep) -> dict[str, Any]:
    """Change attributes or members."""
    _require_admin(call)
    with call.store.transaction() as tx:
        return scim.patch(tx, _KINDS[collection], resource_id, body)


@router.delete(f"{WORKSPACE}/{{collection}}/{{resource_id}}", status_code=204)
@router.delete(f"{ACCOUNT}/{{collection}}/{{resource_id}}", status_code=204)
def delete_resource(collection: Collection, resource_id: str, call: CallDep) -> None:
    """Remove a resource with its credentials and grants: a later one of its name starts with nothing."""
    _require_admin(call)
    with call.store.transaction() as tx:
        name = scim.delete(tx, _KINDS[collection], resource_id)
        tokens.forget_principal(tx, name)
        secrets.forget_principal(tx, resource_id)
        grants.forget_principal(tx, name)
        acl.forget_principal(tx, name)
        rule_sets.forget_principal(tx, _KINDS[collection], name)
        scopes.forget_principal(tx, name)
        assignments.forget_principal(tx, resource_id)


def _require_admin(call: Call) -> None:
    if not call.principal.is_admin:
        raise denied("Only administrators may manage users, groups and service principals.")
