"""Managed identities: what Microsoft Entra ID knows of resources that act by themselves.

An identity has a principal id (Azure's roles go by it) and a client id (Databricks' application id). It is no principal
of the Databricks account until a service principal with that application id is added there.
"""

from __future__ import annotations

import uuid

from rehearsal.workspace.arm import resources
from rehearsal.workspace.arm.errors import invalid
from rehearsal.workspace.arm.resources import Change, ResourceType
from rehearsal.workspace.store import Body, Transaction

KIND = "arm_identity"


def settle(change: Change) -> None:
    """Give a resource with an `identity` block the identity it asks for, and take away one that it no longer has."""
    wanted = change.after.get("identity") or {}
    before = (change.before or {}).get("identity") or {}
    kinds = {part.strip() for part in str(wanted.get("type", "None")).split(",")}
    if "SystemAssigned" in kinds:
        known = before if before.get("principalId") else _new(change.tx, change.tenant, change.id.text)
        wanted |= {"principalId": known["principalId"], "tenantId": known["tenantId"]}
    elif before.get("principalId"):
        forget(change.tx, before["principalId"])
    for resource_id in wanted.get("userAssignedIdentities") or {}:
        found = resources.find(change.tx, resource_id)
        if found is None:
            raise invalid(f"The identity {resource_id} does not exist.", "InvalidIdentityResource")
        shown = {name: found["properties"][name] for name in ("principalId", "clientId")}
        wanted["userAssignedIdentities"][resource_id] = shown


def remove(change: Change) -> None:
    """The resource's own identity goes with it."""
    principal_id = (change.after.get("identity") or {}).get("principalId")
    if principal_id:
        forget(change.tx, principal_id)


def client_id(tx: Transaction, principal_id: str) -> str | None:
    """The application id of an identity, or None."""
    found = tx.get(KIND, principal_id)
    return found["clientId"] if found else None


def is_managed(tx: Transaction, application_id: str) -> bool:
    """Is this the application id of a managed identity?"""
    return any(identity["clientId"] == application_id for identity in tx.list(KIND))


def forget(tx: Transaction, principal_id: str) -> None:
    """Remove an identity."""
    tx.delete(KIND, principal_id)


def _new(tx: Transaction, tenant: str, owner: str) -> Body:
    identity = {"principalId": str(uuid.uuid4()), "clientId": str(uuid.uuid4()), "tenantId": tenant, "owner": owner}
    tx.put(KIND, identity["principalId"], identity)
    return identity


def _settle_user_assigned(change: Change) -> None:
    before = (change.before or {}).get("properties")
    identity = before or _new(change.tx, change.tenant, change.id.text)
    change.after["properties"] = {name: identity[name] for name in ("principalId", "clientId", "tenantId")}


def _remove_user_assigned(change: Change) -> None:
    forget(change.tx, change.after["properties"]["principalId"])


TYPES = (
    ResourceType(
        "Microsoft.ManagedIdentity/userAssignedIdentities",
        settle=_settle_user_assigned,
        remove=_remove_user_assigned,
    ),
)
