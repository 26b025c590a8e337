"""SCIM resources: create, read, list, replace, patch and delete users, groups and service principals.

One set of identities serves the account and all workspaces, as under Databricks' identity federation.
"""

from __future__ import annotations

import uuid
from typing import Any

from databricks.sdk.service.iam import Group, Patch, ServicePrincipal, User

from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.errors import already_exists, invalid, not_found
from rehearsal.workspace.identity import directory
from rehearsal.workspace.identity.directory import NAME_FIELD, Kind
from rehearsal.workspace.identity.scim_filter import matches
from rehearsal.workspace.identity.scim_patch import patched
from rehearsal.workspace.store import Body, Transaction

_TYPES: dict[Kind, Any] = {"user": User, "service_principal": ServicePrincipal, "group": Group}
_SPOKEN: dict[Kind, str] = {"user": "User", "service_principal": "Service principal", "group": "Group"}
_COLLECTION: dict[Kind, str] = {"user": "Users", "service_principal": "ServicePrincipals", "group": "Groups"}
_SCHEMA: dict[Kind, str] = {
    "user": "urn:ietf:params:scim:schemas:core:2.0:User",
    "service_principal": "urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal",
    "group": "urn:ietf:params:scim:schemas:core:2.0:Group",
}
_LIST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_COMPUTED = ("schemas", "groups", "meta")


def create(tx: Transaction, kind: Kind, body: Body) -> Body:
    """Add a resource. Raises DatabricksError: 409 when its name is taken, 400 when it has none."""
    resource = _parsed(kind, body)
    if kind == "user":
        resource.setdefault("emails", [{"type": "work", "value": resource.get("userName"), "primary": True}])
        resource.setdefault("displayName", resource.get("userName"))
    if kind == "service_principal":
        resource.setdefault("applicationId", str(uuid.uuid4()))
    if kind != "group":
        resource.setdefault("active", True)
    name = resource.get(NAME_FIELD[kind])
    if not name:
        raise invalid(f"{NAME_FIELD[kind]} is required.")
    if directory.by_name(tx, kind, name) is not None:
        raise already_exists(f"{_SPOKEN[kind]} with {NAME_FIELD[kind]} {name} already exists.")
    resource["id"] = directory.new_id(tx)
    _check_members(tx, resource)
    directory.put(tx, kind, resource)
    return shown(tx, kind, resource)


def get(tx: Transaction, kind: Kind, resource_id: str) -> Body:
    """The resource with its groups or members. Raises DatabricksError 404."""
    return shown(tx, kind, _stored(tx, kind, resource_id))


def listed(tx: Transaction, kind: Kind, expression: str | None, start: int, count: int | None) -> Body:
    """A page of the resources that fulfil a filter; `start` counts from 1."""
    found = [resource for resource in tx.list(kind) if matches(resource, expression)]
    page = found[max(start, 1) - 1 :]
    page = page if count is None else page[:count]
    return {
        "schemas": [_LIST_SCHEMA],
        "totalResults": len(found),
        "startIndex": max(start, 1),
        "itemsPerPage": len(page),
        "Resources": [shown(tx, kind, resource) for resource in page],
    }


def replace(tx: Transaction, kind: Kind, resource_id: str, body: Body) -> Body:
    """Put a whole resource in place of the stored one."""
    before = _stored(tx, kind, resource_id)
    after = {**_parsed(kind, body), "id": resource_id}
    # Names that grants go by cannot be dropped by leaving them out.
    after.setdefault(NAME_FIELD[kind], before[NAME_FIELD[kind]])
    if kind != "group":
        after.setdefault("active", True)
    return _changed(tx, kind, before, after)


def patch(tx: Transaction, kind: Kind, resource_id: str, body: Body) -> Body:
    """Apply SCIM patch operations."""
    if not isinstance(body.get("Operations"), list):
        raise invalid("A patch needs a list of Operations.")
    before = _stored(tx, kind, resource_id)
    # Clients write `Add` as well as `add`.
    operations = [parsed(Patch, _lower_op(given)) for given in body["Operations"]]
    return _changed(tx, kind, before, patched(before, operations))


def delete(tx: Transaction, kind: Kind, resource_id: str) -> str:
    """Remove a resource and its memberships; returns the name that grants called it by."""
    resource = _stored(tx, kind, resource_id)
    name = str(resource[NAME_FIELD[kind]])
    if kind == "group" and name in directory.SYSTEM_GROUPS:
        raise invalid(f"Group {name} is a system group and cannot be deleted.")
    directory.remove(tx, kind, resource_id)
    return name


def shown(tx: Transaction, kind: Kind, resource: Body) -> Body:
    """The resource as it leaves: with schemas, the groups that hold it, the names of its members."""
    groups = directory.groups_of(tx, resource["id"])
    held = [
        {
            "display": group["displayName"],
            "value": group["id"],
            "$ref": f"Groups/{group['id']}",
            "type": "direct" if any(m["value"] == resource["id"] for m in group.get("members", [])) else "indirect",
        }
        for group in groups
    ]
    answer = {**resource, "schemas": [_SCHEMA[kind]], "groups": held}
    if kind == "group":
        answer["members"] = [_member(tx, member["value"]) for member in resource.get("members", [])]
        answer["meta"] = {"resourceType": "Group"}
    return answer


def _parsed(kind: Kind, body: Body) -> Body:
    """Known attributes only, spelt as databricks-sdk spells them."""
    try:
        resource: Body = parsed(_TYPES[kind], body).as_dict()
    except KeyError as error:
        raise invalid(f"{error.args[0]} is required.") from error
    for attribute in (*_COMPUTED, "id"):
        resource.pop(attribute, None)
    for attribute in ("entitlements", "roles"):
        # Terraform's provider sends one without a value where there are none.
        held = [item for item in resource.pop(attribute, []) if item.get("value")]
        if held:
            resource[attribute] = held
    return resource


def _lower_op(operation: object) -> object:
    return {**operation, "op": str(operation.get("op")).lower()} if isinstance(operation, dict) else operation


def _stored(tx: Transaction, kind: Kind, resource_id: str) -> Body:
    resource = tx.get(kind, resource_id)
    if resource is None:
        raise not_found(f"{_SPOKEN[kind]} with id {resource_id} not found.")
    return resource


def _changed(tx: Transaction, kind: Kind, before: Body, after: Body) -> Body:
    """Grants and access lists hold names, so that a name stays what it is (Databricks lets groups be renamed)."""
    if after.get(NAME_FIELD[kind]) != before[NAME_FIELD[kind]]:
        raise invalid(f"{NAME_FIELD[kind]} of {_SPOKEN[kind].lower()} {before['id']} cannot be changed.")
    after = {**_parsed(kind, after), "id": before["id"]}  # parsed: a patch may have put anything anywhere
    _check_members(tx, after)
    directory.put(tx, kind, after)
    return shown(tx, kind, after)


def _check_members(tx: Transaction, resource: Body) -> None:
    for member in resource.get("members", []):
        if not member.get("value") or _member(tx, member["value"]) == {"value": member["value"]}:
            raise not_found(f"Principal with id {member.get('value')} not found.")


def _member(tx: Transaction, resource_id: str) -> Body:
    for kind, collection in _COLLECTION.items():
        resource = tx.get(kind, resource_id)
        if resource is not None:
            display = resource.get("displayName") or resource[NAME_FIELD[kind]]
            return {"value": resource_id, "display": display, "$ref": f"{collection}/{resource_id}"}
    return {"value": resource_id}
