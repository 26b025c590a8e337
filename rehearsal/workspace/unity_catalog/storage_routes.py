"""HTTP of storage credentials and external locations."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import Call
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import access, external_locations, securables, storage_credentials
from rehearsal.workspace.unity_catalog.privileges import EXTERNAL_LOCATION, STORAGE_CREDENTIAL

router = APIRouter(prefix="/api/2.1/unity-catalog")


@router.get("/storage-credentials")
def list_credentials(call: CallDep) -> dict[str, Any]:
    """Credentials that the caller may know of."""
    return {"storage_credentials": _visible(call, STORAGE_CREDENTIAL)}


@router.post("/storage-credentials")
def create_credential(body: Body, call: CallDep) -> dict[str, Any]:
    """A new credential that belongs to the caller."""
    with call.store.transaction() as tx:
        return _shown(storage_credentials.create(tx, call.principal, body))


@router.get("/storage-credentials/{name}")
def get_credential(name: str, call: CallDep) -> dict[str, Any]:
    """One credential."""
    return _one(call, STORAGE_CREDENTIAL, name)


@router.patch("/storage-credentials/{name}")
def update_credential(name: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Change a credential."""
    with call.store.transaction() as tx:
        return _shown(storage_credentials.update(tx, call.principal, name, body))


@router.delete("/storage-credentials/{name}")
def delete_credential(name: str, call: CallDep, force: bool = False) -> dict[str, Any]:
    """Delete a credential."""
    with call.store.transaction() as tx:
        storage_credentials.delete(tx, call.principal, name, force)
    return {}


@router.get("/external-locations")
def list_locations(call: CallDep) -> dict[str, Any]:
    """Locations that the caller may know of."""
    return {"external_locations": _visible(call, EXTERNAL_LOCATION)}


@router.post("/external-locations")
def create_location(body: Body, call: CallDep) -> dict[str, Any]:
    """A new location that belongs to the caller."""
    with call.store.transaction() as tx:
        return _shown(external_locations.create(tx, call.principal, call.platform, body))


@router.get("/external-locations/{name}")
def get_location(name: str, call: CallDep) -> dict[str, Any]:
    """One location."""
    return _one(call, EXTERNAL_LOCATION, name)


@router.patch("/external-locations/{name}")
def update_location(name: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Change a location."""
    with call.store.transaction() as tx:
        return _shown(external_locations.update(tx, call.principal, call.platform, name, body))


@router.delete("/external-locations/{name}")
def delete_location(name: str, call: CallDep, force: bool = False) -> dict[str, Any]:
    """Delete a location; its files stay."""
    with call.store.transaction() as tx:
        external_locations.delete(tx, call.principal, name, force)
    return {}


def _one(call: Call, kind: str, name: str) -> dict[str, Any]:
    with call.store.transaction() as tx:
        access.require_visible(tx, call.principal, kind, name)
        return _shown(securables.find(tx, kind, name))


def _visible(call: Call, kind: str) -> list[dict[str, Any]]:
    with call.store.transaction() as tx:
        return [_shown(body) for body in access.visible_within(tx, call.principal, kind, "")]


def _shown(body: Body) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
