"""Secret scopes, and who may do what with the secrets in them.

A document per scope: {"name", "acls": {principal: permission}}. As on Databricks, whoever makes a scope manages it, a
permission includes those before it, and administrators of the workspace always may.
"""

from __future__ import annotations

import re

from databricks.sdk.service.workspace import AclPermission

from rehearsal.workspace.context import Call, Principal
from rehearsal.workspace.errors import already_exists, denied, invalid, not_found
from rehearsal.workspace.identity import directory, principals
from rehearsal.workspace.store import Body, Transaction

KIND = "secret_scope"
READ, WRITE, MANAGE = AclPermission.READ.value, AclPermission.WRITE.value, AclPermission.MANAGE.value
_ORDER = (READ, WRITE, MANAGE)
_NAME = re.compile(r"[\w.@/-]{1,128}")
_DATABRICKS = "DATABRICKS"


def create(tx: Transaction, call: Call, wanted: Body) -> None:
    """Make a scope that its creator manages. Raises DatabricksError 400, 409."""
    name = checked_name(wanted.get("scope"), "Scope name")
    backend = wanted.get("scope_backend_type") or _DATABRICKS
    if backend != _DATABRICKS:
        raise invalid(
            f"Scope backend type {backend} is not supported: secrets of a key vault are read from Azure's data plane, "
            "which this workspace does not have. Use a scope that Databricks keeps."
        )
    if tx.get(KIND, _key(call.workspace, name)) is not None:
        raise already_exists(f"Scope {name} already exists!")
    manager = wanted.get("initial_manage_principal") or call.principal.name
    if manager not in (call.principal.name, directory.USERS):
        raise invalid(f"initial_manage_principal can be '{directory.USERS}' only.")
    tx.put(KIND, _key(call.workspace, name), {"name": name, "acls": {manager: MANAGE}})


def visible(tx: Transaction, call: Call) -> list[Body]:
    """Scopes of which the caller may read the secrets, as the API shows them."""
    found = tx.list(KIND, f"{call.workspace}/")
    return [
        {"name": scope["name"], "backend_type": _DATABRICKS} for scope in found if _holds(scope, call.principal, READ)
    ]


def require(tx: Transaction, call: Call, name: str, permission: str) -> None:
    """Refuse unless the caller holds the permission on an existing scope. Raises DatabricksError 403, 404."""
    if not _holds(_existing(tx, call, name), call.principal, permission):
        raise denied(f"User {call.principal.name} does not have {permission} permission on scope {name}")


def delete(tx: Transaction, call: Call, name: str) -> None:
    """Forget a scope with its permissions. Raises DatabricksError 403, 404."""
    require(tx, call, name, MANAGE)
    tx.delete(KIND, _key(call.workspace, name))


def acls(tx: Transaction, call: Call, name: str) -> dict[str, str]:
    """Permission by principal. Raises DatabricksError 403 for those who may not manage the scope, 404."""
    require(tx, call, name, MANAGE)
    held: dict[str, str] = _existing(tx, call, name)["acls"]
    return dict(sorted(held.items()))


def acl_of(tx: Transaction, call: Call, name: str, principal: str) -> str:
    """One principal's permission. Raises DatabricksError 403, 404."""
    held = acls(tx, call, name)
    if principal not in held:
        raise _no_acl(name, principal)
    return held[principal]


def put_acl(tx: Transaction, call: Call, name: str, principal: str, permission: str) -> None:
    """Give a principal a permission in place of what he held. Raises DatabricksError 400, 403, 404."""
    held = acls(tx, call, name)
    if permission not in _ORDER:
        raise invalid(f"Permission {permission!r} is none of {', '.join(_ORDER)}.")
    if not principals.exists(tx, principal):
        raise invalid(f"Principal {principal} does not exist.")
    _save_acls(tx, call.workspace, name, {**held, principal: permission})


def delete_acl(tx: Transaction, call: Call, name: str, principal: str) -> None:
    """Take a principal's permission away. Raises DatabricksError 403, 404."""
    held = acls(tx, call, name)
    if held.pop(principal, None) is None:
        raise _no_acl(name, principal)
    _save_acls(tx, call.workspace, name, held)


def forget_principal(tx: Transaction, principal: str) -> None:
    """Take a principal that is deleted off all scopes."""
    for key, scope in tx.items(KIND):
        if scope["acls"].pop(principal, None) is not None:
            tx.put(KIND, key, scope)


def checked_name(name: object, what: str) -> str:
    """A scope's or a secret's name, as a body has it. Raises DatabricksError 400."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise invalid(
            f"{what} must consist of alphanumeric characters, dashes, underscores, @ and periods, "
            "and may not exceed 128 characters."
        )
    return name


def _holds(scope: Body, principal: Principal, permission: str) -> bool:
    if principal.is_admin:
        return True
    held = [scope["acls"][name] for name in principal.names & scope["acls"].keys()]
    return any(_ORDER.index(level) >= _ORDER.index(permission) for level in held)


def _existing(tx: Transaction, call: Call, name: str) -> Body:
    scope = tx.get(KIND, _key(call.workspace, name))
    if scope is None:
        raise not_found(f"Scope {name} does not exist!")
    return scope


def _save_acls(tx: Transaction, workspace: str, name: str, held: dict[str, str]) -> None:
    tx.put(KIND, _key(workspace, name), {"name": name, "acls": held})


def _no_acl(scope: str, principal: str) -> Exception:
    return not_found(f"Failed to get secret acl for principal {principal} for scope {scope}.")


def _key(workspace: str, name: str) -> str:
    return f"{workspace}/{name}"
