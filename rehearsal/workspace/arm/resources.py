"""What all resources share: put, get, list, delete, with the rules that hold whatever their type.

A resource is stored as the document that a GET answers, under its id in lower case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rehearsal.workspace.arm import ids, references
from rehearsal.workspace.arm.errors import conflict, not_found
from rehearsal.workspace.arm.ids import ResourceId
from rehearsal.workspace.context import Platform
from rehearsal.workspace.store import Body, Transaction

KIND = "arm_resource"


@dataclass
class Change:
    """A resource being put or deleted, as its type's own rules see it."""

    tx: Transaction
    platform: Platform
    tenant: str
    id: ResourceId
    before: Body | None
    after: Body  # the new document, which the type's rules complete; of a deletion: the last one
    afterwards: list[Callable[[], None]] = field(default_factory=list)  # done when the transaction is durable

    @property
    def properties(self) -> Body:
        """The new document's properties."""
        found: Body = self.after.setdefault("properties", {})
        return found

    def kept(self, name: str, new: object) -> None:
        """A computed property: what it was before, or `new` for a new resource."""
        self.properties[name] = (self.before or {}).get("properties", {}).get(name, new)


def nothing(change: Change) -> None:
    """Types without rules of their own."""


def as_stored(tx: Transaction, body: Body) -> Body:
    """Types that answer what is stored."""
    return body


@dataclass(frozen=True)
class ResourceType:
    """A type that the local Azure knows."""

    name: str
    settle: Callable[[Change], None] = nothing  # check a put, fill in what Azure computes
    remove: Callable[[Change], None] = nothing  # check a deletion, remove what else belongs to it
    show: Callable[[Transaction, Body], Body] = as_stored  # what a GET adds
    extension: bool = False  # may hang on any resource
    nested_must_go: bool = False  # is not deleted while it has resources inside
    in_use: str = ""  # error code when it is deleted while others refer to it; "" lets it go


def find(tx: Transaction, text: str) -> Body | None:
    """The stored document, or None."""
    return tx.get(KIND, text.lower())


def existing(tx: Transaction, resource_id: ResourceId) -> Body:
    """The stored document. Raises ArmError 404 as Azure does: for a missing group, then for the resource."""
    _require_group(tx, resource_id)
    body = find(tx, resource_id.text)
    if body is None:
        group = resource_id.group.rpartition("/")[2]
        if resource_id.type.lower() == ids.GROUP_TYPE.lower():
            raise not_found(f"Resource group '{resource_id.name}' could not be found.", "ResourceGroupNotFound")
        raise not_found(
            f"The Resource '{resource_id.type}/{'/'.join(resource_id.names)}' under resource group '{group}' "
            "was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
        )
    return body


def put(kind: ResourceType, change: Change) -> Body:
    """Create or replace; the document is complete and stored afterwards."""
    resource_id, tx = change.id, change.tx
    if resource_id.type.lower() != ids.GROUP_TYPE.lower():
        _require_parent(tx, resource_id)
    before = change.before or {}
    if before.get("location") and change.after.get("location") not in (None, before["location"]):
        message = f"The resource '{resource_id.name}' already exists in location '{before['location']}'."
        raise conflict(
            f"{message} A resource with the same name cannot be created in another.", "InvalidResourceLocation"
        )
    change.after = {
        **change.after,
        "id": before.get("id", resource_id.text),
        "name": before.get("name", resource_id.name),
        "type": kind.name,
    }
    references.require_known(tx, change.after)
    kind.settle(change)
    change.properties["provisioningState"] = "Succeeded"
    tx.put(KIND, resource_id.key, change.after)
    return change.after


def delete(kind: ResourceType, change: Change, type_of: Callable[[str], ResourceType]) -> None:
    """Delete a resource with all that is inside, and extensions with it. Raises ArmError 409 while it is needed."""
    tx, key = change.tx, change.id.key
    inside = tx.items(KIND, f"{key}/")
    if kind.nested_must_go and any(f"{key}/providers/" not in f"{inner}/" for inner, _ in inside):
        message = f"Can not delete resource '{change.id.name}' before nested resources are deleted."
        raise conflict(message, "CannotDeleteResource")
    if kind.in_use and (user := references.user_of(tx, key)):
        raise conflict(f"{kind.name} {change.id.text} is in use by {user} and cannot be deleted.", kind.in_use)
    for inner, body in sorted(inside, reverse=True):  # what is inside goes before what it is in
        if tx.get(KIND, inner) is None:
            continue
        nested = Change(tx, change.platform, change.tenant, ids.parse(body["id"]), body, body, change.afterwards)
        type_of(nested.id.type).remove(nested)
        tx.delete(KIND, inner)
    kind.remove(change)
    tx.delete(KIND, key)


def within(tx: Transaction, scope: str, kind: str = "") -> list[Body]:
    """Documents below a scope, all or those of one type."""
    below = tx.list(KIND, f"{scope.lower()}/")
    return [body for body in below if not kind or body["type"].lower() == kind.lower()]


def _require_group(tx: Transaction, resource_id: ResourceId) -> None:
    group = resource_id.group
    if group and group.lower() != resource_id.key and find(tx, group) is None:
        name = group.rpartition("/")[2]
        raise not_found(f"Resource group '{name}' could not be found.", "ResourceGroupNotFound")


def _require_parent(tx: Transaction, resource_id: ResourceId) -> None:
    _require_group(tx, resource_id)
    parent = resource_id.parent
    if len(parent.split("/")) > 3 and find(tx, parent) is None:
        code = "ParentResourceNotFound" if len(resource_id.names) > 1 else "ResourceNotFound"
        message = f"Can not perform requested operation on nested resource. Parent resource '{parent}' not found."
        raise not_found(message, code)
