"""Stored identities: documents of users, service principals and groups, found by id or by name.

The documents are the SCIM resources themselves (databricks-sdk `User`, `ServicePrincipal`, `Group` as dictionaries).
"""

from __future__ import annotations

from typing import Literal

from rehearsal.workspace.store import Body, Transaction

Kind = Literal["user", "service_principal", "group"]
PEOPLE: tuple[Kind, ...] = ("user", "service_principal")
# What a grant or an access control list calls the resource by.
NAME_FIELD: dict[Kind, str] = {"user": "userName", "service_principal": "applicationId", "group": "displayName"}
ADMINS = "admins"
USERS = "users"
# Groups of the workspace itself: always there, and not to be named in Unity Catalog's grants.
SYSTEM_GROUPS = frozenset({ADMINS, USERS})


def new_id(tx: Transaction) -> str:
    """An id never used before; Databricks' ids are long numbers, unique over all kinds."""
    return str(700_000_000_000_000 + tx.next_id("principal"))


def put(tx: Transaction, kind: Kind, resource: Body) -> None:
    """Store a resource and keep the index of names in step."""
    before = tx.get(kind, resource["id"])
    if before is not None:
        tx.delete(f"{kind}_name", before[NAME_FIELD[kind]])
    tx.put(kind, resource["id"], resource)
    tx.put(f"{kind}_name", resource[NAME_FIELD[kind]], {"id": resource["id"]})


def by_name(tx: Transaction, kind: Kind, name: str) -> Body | None:
    """The resource of that user name, application id or group name."""
    entry = tx.get(f"{kind}_name", name)
    return tx.get(kind, entry["id"]) if entry else None


def remove(tx: Transaction, kind: Kind, resource_id: str) -> bool:
    """Delete a resource and its membership in groups; False when there was none."""
    resource = tx.get(kind, resource_id)
    if resource is None:
        return False
    tx.delete(kind, resource_id)
    tx.delete(f"{kind}_name", resource[NAME_FIELD[kind]])
    for group in tx.list("group"):
        members = [member for member in group.get("members", []) if member["value"] != resource_id]
        if len(members) != len(group.get("members", [])):
            tx.put("group", group["id"], {**group, "members": members})
    return True


def groups_of(tx: Transaction, resource_id: str) -> list[Body]:
    """Groups that hold the resource, directly or through other groups, ordered by id."""
    groups = tx.list("group")
    holding: dict[str, Body] = {}
    wanted = {resource_id}
    while wanted:
        found = {
            group["id"]: group
            for group in groups
            if group["id"] not in holding and any(member["value"] in wanted for member in group.get("members", []))
        }
        holding.update(found)
        wanted = set(found)
    return [holding[key] for key in sorted(holding)]
