"""Which resources a document names: they must exist before it, and cannot go while it needs them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.workspace.arm.errors import invalid
from rehearsal.workspace.store import Body, Transaction

KIND = "arm_resource"
# Properties that name what Azure itself makes, or what is not in the store.
_NOT_CHECKED = frozenset({"id", "managedResourceGroupId", "managedBy", "roleDefinitionId", "scope", "definition"})


def require_known(tx: Transaction, document: Body) -> None:
    """Every id in the document is that of an existing resource. Raises ArmError 400."""
    own = str(document["id"]).lower()
    for other in _named(document):
        if other != own and not other.startswith(f"{own}/") and tx.get(KIND, other) is None:
            message = f"Resource {other} referenced by resource {document['id']} was not found."
            raise invalid(
                f"{message} Please make sure that the referenced resource exists.", "InvalidResourceReference"
            )


def user_of(tx: Transaction, key: str) -> str | None:
    """The id of a resource elsewhere that names this one or a part of it, or None."""
    for other, document in tx.items(KIND):
        if other != key and not other.startswith(f"{key}/"):
            named = _named(document)
            if any(name == key or name.startswith(f"{key}/") for name in named):
                return str(document["id"])
    return None


def _named(document: Body) -> Iterator[str]:
    for part in ("properties", "identity"):
        yield from _ids(document.get(part))


def _ids(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if _is_id(key):  # the keys of userAssignedIdentities
                yield key.lower()
            # `{"id": ...}` is how a reference is written; the document's own id is not within its properties
            if key not in _NOT_CHECKED or (key == "id" and len(value) == 1):
                yield from _ids(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _ids(inner, name)
    elif isinstance(value, str) and _is_id(value):
        yield value.lower()


def _is_id(text: str) -> bool:
    return text.startswith("/subscriptions/") and "/providers/" in text
