"""What PATCH may change on every kind of object, and what every answer hides."""

from __future__ import annotations

from typing import Any

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import access, grants, securables, storage
from rehearsal.workspace.unity_catalog.privileges import MANAGE

_CHANGEABLE = ("comment", "owner", "properties", "isolation_mode", "enable_predictive_optimization", "options")


def update(tx: Transaction, principal: Principal, kind: str, full_name: str, wanted: Body) -> Body:
    """Change comment, owner and the like; an attribute that is not given stays.

    Raises DatabricksError: 403 without MANAGE or ownership, 404 for an unknown new owner, 400 for a new name: what is
    granted and stored goes by names here.
    """
    access.require(tx, principal, kind, full_name, MANAGE)
    body = securables.find(tx, kind, full_name)
    if str(wanted.get("new_name") or body["name"]).lower() != body["name"]:
        raise invalid(f"{securables.SPOKEN[kind]} '{full_name}' cannot be renamed.")
    changed = {key: wanted[key] for key in _CHANGEABLE if wanted.get(key) is not None}
    if changed.get("owner", body["owner"]) != body["owner"]:
        grants.require_principal(tx, changed["owner"])
    body = {**body, **changed, "updated_at": storage.now(), "updated_by": principal.name}
    securables.write(tx, kind, full_name, body)
    return body


def shown(body: Body) -> dict[str, Any]:
    """A document as it leaves by REST: cloud URLs instead of local folders."""
    location = body.get("storage_location")
    return {**body, "storage_location": storage.public_location(location)} if location else body
