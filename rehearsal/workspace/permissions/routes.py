"""HTTP of access control lists."""

from __future__ import annotations

from typing import Annotated, Any

from databricks.sdk.service.iam import (
    AccessControlRequest,
    AccessControlResponse,
    GetPermissionLevelsResponse,
    ObjectPermissions,
    Permission,
    PermissionLevel,
    PermissionsDescription,
)
from fastapi import APIRouter, Depends

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import invalid, not_found
from rehearsal.workspace.identity import directory
from rehearsal.workspace.identity.directory import Kind
from rehearsal.workspace.permissions import acl, levels, rule_set_routes
from rehearsal.workspace.store import Body, Transaction

router = APIRouter()
objects = APIRouter(prefix="/api/2.0/permissions")
_KIND_FIELDS: dict[Kind, str] = {
    "user": "user_name",
    "service_principal": "service_principal_name",
    "group": "group_name",
}


def object_kind(object_type: str, call: CallDep) -> str:
    """The type that the path names, told to callers who have signed in alone. Raises DatabricksError 401, 404."""
    return levels.canonical_type(object_type)


ObjectKind = Annotated[str, Depends(object_kind)]


@objects.get("/sql/warehouses/{object_id}")
def get_of_warehouse(object_id: str, call: CallDep) -> dict[str, Any]:
    """A warehouse's list, under the name that Terraform calls it by."""
    return get_permissions("warehouses", object_id, call)


@objects.put("/sql/warehouses/{object_id}")
def set_of_warehouse(object_id: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Replace a warehouse's list."""
    return set_permissions("warehouses", object_id, body, call)


@objects.patch("/sql/warehouses/{object_id}")
def update_of_warehouse(object_id: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Change some entries of a warehouse's list."""
    return update_permissions("warehouses", object_id, body, call)


@objects.get("/{object_type}/{object_id}/permissionLevels")
def get_levels(kind: ObjectKind, object_id: str, call: CallDep) -> dict[str, Any]:
    """The levels that the type of object has."""
    described = [
        PermissionsDescription(permission_level=PermissionLevel(level), description=levels.DESCRIPTIONS[level])
        for level in levels.LEVELS[kind]
    ]
    return GetPermissionLevelsResponse(permission_levels=described).as_dict()


@objects.get("/{object_type}/{object_id}")
def get_permissions(kind: ObjectKind, object_id: str, call: CallDep) -> dict[str, Any]:
    """Who holds what on the object."""
    with call.store.transaction() as tx:
        acl.require_existing(tx, call.workspace, kind, object_id)
        acl.require_level(tx, call.principal, call.workspace, kind, object_id, levels.LEVELS[kind][0])
        return _shown(tx, call, kind, object_id)


@objects.put("/{object_type}/{object_id}")
def set_permissions(kind: ObjectKind, object_id: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Replace the list."""
    with call.store.transaction() as tx:
        wanted = _checked(tx, call, kind, object_id, body)
        acl.replace(tx, call.workspace, kind, object_id, wanted)
        return _shown(tx, call, kind, object_id)


@objects.patch("/{object_type}/{object_id}")
def update_permissions(kind: ObjectKind, object_id: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Change some entries."""
    with call.store.transaction() as tx:
        wanted = _checked(tx, call, kind, object_id, body)
        held = acl.entries(tx, call.workspace, kind, object_id)
        if levels.IS_OWNER in wanted.values():
            held = {name: level for name, level in held.items() if level != levels.IS_OWNER}
        acl.replace(tx, call.workspace, kind, object_id, {**held, **wanted})
        return _shown(tx, call, kind, object_id)


def _checked(tx: Transaction, call: Call, kind: str, object_id: str, body: Body) -> dict[str, str]:
    """Levels by principal, once caller, principals and levels are known to be right."""
    acl.require_existing(tx, call.workspace, kind, object_id)
    acl.require_level(tx, call.principal, call.workspace, kind, object_id, levels.CAN_MANAGE)
    wanted = {}
    given = body.get("access_control_list") or []
    if not isinstance(given, list):
        raise invalid("access_control_list must be a list.")
    for entry in given:
        request = parsed(AccessControlRequest, entry)
        name = _existing_principal(tx, request)
        level = request.permission_level.value if request.permission_level else ""
        wanted[name] = levels.checked_level(kind, level)
    if list(wanted.values()).count(levels.IS_OWNER) > 1:
        raise invalid("There must be exactly one owner.")
    return wanted


def _existing_principal(tx: Transaction, request: AccessControlRequest) -> str:
    for kind, field in _KIND_FIELDS.items():
        name = getattr(request, field)
        if name:
            if directory.by_name(tx, kind, name) is None:
                raise not_found(f"Principal: {name} does not exist")
            return str(name)
    raise invalid("An access control entry needs a user_name, group_name or service_principal_name.")


def _shown(tx: Transaction, call: Call, kind: str, object_id: str) -> dict[str, Any]:
    held = acl.entries(tx, call.workspace, kind, object_id)
    entries = [_entry(tx, name, level) for name, level in sorted(held.items())]
    if held.get(directory.ADMINS) != levels.CAN_MANAGE and levels.CAN_MANAGE in levels.LEVELS[kind]:
        entries.append(_entry(tx, directory.ADMINS, levels.CAN_MANAGE, inherited_from=f"/{kind}/"))
    name = "sql/warehouses" if kind == "warehouses" else kind
    return ObjectPermissions(
        object_id=f"/{name}/{object_id}", object_type=levels.OBJECT_TYPES[kind], access_control_list=entries
    ).as_dict()


def _entry(tx: Transaction, name: str, level: str, inherited_from: str | None = None) -> AccessControlResponse:
    permission = Permission(
        permission_level=PermissionLevel(level),
        inherited=inherited_from is not None,
        inherited_from_object=[inherited_from] if inherited_from else None,
    )
    kind = next(kind for kind in _KIND_FIELDS if directory.by_name(tx, kind, name) is not None)
    resource = directory.by_name(tx, kind, name) or {}
    return AccessControlResponse.from_dict(
        {
            _KIND_FIELDS[kind]: name,
            "display_name": resource.get("displayName", name),
            "all_permissions": [permission.as_dict()],
        }
    )


router.include_router(objects)
router.include_router(rule_set_routes.router)
