"""What PATCH may change on every kind of object, and what every answer hides."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import access, grants, securables, storage
from rehearsal.workspace.unity_catalog.privileges import CATALOG, EXTERNAL_LOCATION, MANAGE, STORAGE_CREDENTIAL

_CHANGEABLE = frozenset(
    {"comment", "owner", "properties", "isolation_mode", "enable_predictive_optimization", "options"}
)
_NOT_BROWSED = frozenset(
    {"options", "properties", "routine_definition", "storage_location", "storage_root", "view_definition", "url"}
)
_OPEN = {CATALOG: "OPEN", EXTERNAL_LOCATION: "ISOLATION_MODE_OPEN", STORAGE_CREDENTIAL: "ISOLATION_MODE_OPEN"}


def update(
    tx: Transaction,
    principal: Principal,
    kind: str,
    full_name: str,
    wanted: Body,
    changeable: Set[str] = frozenset(),
) -> Body:
    """Change comment, owner and the like; an attribute that is not given stays.

    Args:
        changeable: what can be changed besides, which the caller has checked.

    Raises DatabricksError: 403 without MANAGE or ownership, 404 for an unknown new owner, 400 for a new name: what is
    granted and stored goes by names here.
    """
    access.require(tx, principal, kind, full_name, MANAGE)
    body = securables.find(tx, kind, full_name)
    if str(wanted.get("new_name") or body["name"]).lower() != body["name"]:
        raise invalid(f"{securables.SPOKEN[kind]} '{full_name}' cannot be renamed.")
    changed = {key: wanted[key] for key in sorted(_CHANGEABLE | changeable) if wanted.get(key) is not None}
    if "isolation_mode" in changed:
        _require_isolation_mode(kind, changed["isolation_mode"])
    if changed.get("owner", body["owner"]) != body["owner"]:
        grants.require_principal(tx, changed["owner"])
    body = {**body, **changed, "updated_at": storage.now(), "updated_by": principal.name}
    securables.write(tx, kind, full_name, body)
    return body


def _require_isolation_mode(kind: str, mode: str) -> None:
    """Raises DatabricksError 400 for a mode that the kind of object does not have."""
    modes = {mapping[kind] for mapping in (_OPEN, securables.ISOLATED) if kind in mapping}
    if mode not in modes:
        raise invalid(f"Isolation mode '{mode}' is not valid for a {securables.SPOKEN[kind].lower()}: {sorted(modes)}.")


def shown(body: Body, browse_only: bool = False) -> dict[str, Any]:
    """A document as it leaves by REST: cloud URLs instead of local folders.

    Args:
        browse_only: it is shown to one who holds BROWSE alone, who is told what it is and not where or how it is kept.
    """
    if browse_only:
        return {**{name: value for name, value in body.items() if name not in _NOT_BROWSED}, "browse_only": True}
    location = body.get("storage_location")
    if not location or location.startswith("abfss://"):
        return body
    return {**body, "storage_location": storage.public_location(location)}
