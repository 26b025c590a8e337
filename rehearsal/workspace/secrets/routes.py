"""HTTP of secret scopes, secrets and their access lists."""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.workspace import AclItem, AclPermission, GetSecretResponse
from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.secrets import scopes, values
from rehearsal.workspace.store import Body

router = APIRouter(prefix="/api/2.0/secrets")


@router.post("/scopes/create")
def create_scope(body: Body, call: CallDep) -> dict[str, Any]:
    """A new scope, which its creator manages."""
    with call.store.transaction() as tx:
        scopes.create(tx, call, body)
    return {}


@router.get("/scopes/list")
def list_scopes(call: CallDep) -> dict[str, Any]:
    """Scopes that the caller may read."""
    with call.store.transaction() as tx:
        return {"scopes": scopes.visible(tx, call)}


@router.post("/scopes/delete")
def delete_scope(body: Body, call: CallDep) -> dict[str, Any]:
    """Delete a scope with all its secrets."""
    scope = str(body.get("scope") or "")
    with call.store.transaction() as tx:
        scopes.delete(tx, call, scope)
        values.delete_all(tx, call, scope)
    return {}


@router.post("/put")
def put_secret(body: Body, call: CallDep) -> dict[str, Any]:
    """Store a secret."""
    with call.store.transaction() as tx:
        values.put(tx, call, body)
    return {}


@router.get("/get")
def get_secret(scope: str, key: str, call: CallDep) -> dict[str, Any]:
    """A secret's value, in base64."""
    with call.store.transaction() as tx:
        return GetSecretResponse(key=key, value=values.get(tx, call, scope, key)).as_dict()


@router.get("/list")
def list_secrets(scope: str, call: CallDep) -> dict[str, Any]:
    """Names of a scope's secrets."""
    with call.store.transaction() as tx:
        return {"secrets": [secret.as_dict() for secret in values.listed(tx, call, scope)]}


@router.post("/delete")
def delete_secret(body: Body, call: CallDep) -> dict[str, Any]:
    """Delete a secret."""
    with call.store.transaction() as tx:
        values.delete(tx, call, str(body.get("scope") or ""), str(body.get("key") or ""))
    return {}


@router.post("/acls/put")
def put_acl(body: Body, call: CallDep) -> dict[str, Any]:
    """Give a principal a permission on a scope."""
    with call.store.transaction() as tx:
        scopes.put_acl(tx, call, *(str(body.get(field) or "") for field in ("scope", "principal", "permission")))
    return {}


@router.get("/acls/get")
def get_acl(scope: str, principal: str, call: CallDep) -> dict[str, Any]:
    """A principal's permission on a scope."""
    with call.store.transaction() as tx:
        return _item(principal, scopes.acl_of(tx, call, scope, principal))


@router.get("/acls/list")
def list_acls(scope: str, call: CallDep) -> dict[str, Any]:
    """Who holds which permission on a scope."""
    with call.store.transaction() as tx:
        return {"items": [_item(*entry) for entry in scopes.acls(tx, call, scope).items()]}


@router.post("/acls/delete")
def delete_acl(body: Body, call: CallDep) -> dict[str, Any]:
    """Take a principal's permission on a scope away."""
    with call.store.transaction() as tx:
        scopes.delete_acl(tx, call, str(body.get("scope") or ""), str(body.get("principal") or ""))
    return {}


def _item(principal: str, permission: str) -> dict[str, Any]:
    return AclItem(principal=principal, permission=AclPermission(permission)).as_dict()
