"""HTTP of storage credentials and external locations."""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.catalog import ExternalLocationInfo, StorageCredentialInfo
from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.bodies import checked
from rehearsal.workspace.context import Call
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import access, external_locations, securables, storage_credentials
from rehearsal.workspace.unity_catalog.changes import shown
from rehearsal.workspace.unity_catalog.pages import page
from rehearsal.workspace.unity_catalog.privileges import EXTERNAL_LOCATION, STORAGE_CREDENTIAL

router = APIRouter(prefix="/api/2.1/unity-catalog")


@router.get("/storage-credentials")
def list_credentials(
    call: CallDep, include_unbound: bool = False, max_results: int | None = None, page_token: str | None = None
) -> dict[str, Any]:
    """Credentials that the caller may know of."""
    return page(
        "storage_credentials", _listed(call, STORAGE_CREDENTIAL, False, include_unbound), max_results, page_token
    )


@router.post("/storage-credentials")
def create_credential(body: Body, call: CallDep) -> dict[str, Any]:
    """A new credential that belongs to the caller."""
    with call.store.transaction() as tx:
        return _shown(storage_credentials.create(tx, call.principal, checked(StorageCredentialInfo, body)))


@router.get("/storage-credentials/{name}")
def get_credential(name: str, call: CallDep) -> dict[str, Any]:
    """One credential."""
    return _one(call, STORAGE_CREDENTIAL, name)


@router.patch("/storage-credentials/{name}")
def update_credential(name: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Change a credential."""
    with call.store.transaction() as tx:
        return _shown(storage_credentials.update(tx, call.principal, name, checked(StorageCredentialInfo, body)))


@router.delete("/storage-credentials/{name}")
def delete_credential(name: str, call: CallDep, force: bool = False) -> dict[str, Any]:
    """Delete a credential."""
    with call.store.transaction() as tx:
        storage_credentials.delete(tx, call.principal, name, force)
    return {}


@router.get("/external-locations")
def list_locations(
    call: CallDep,
    include_browse: bool = False,
    include_unbound: bool = False,
    max_results: int | None = None,
    page_token: str | None = None,
) -> dict[str, Any]:
    """Locations that the caller may know of."""
    found = _listed(call, EXTERNAL_LOCATION, include_browse, include_unbound)
    return page("external_locations", found, max_results, page_token)


@router.post("/external-locations")
def create_location(body: Body, call: CallDep) -> dict[str, Any]:
    """A new location that belongs to the caller."""
    with call.store.transaction() as tx:
        return _shown(external_locations.create(tx, call.principal, call.platform, checked(ExternalLocationInfo, body)))


@router.get("/external-locations/{name}")
def get_location(name: str, call: CallDep, include_browse: bool = False) -> dict[str, Any]:
    """One location."""
    return _one(call, EXTERNAL_LOCATION, name, include_browse)


@router.patch("/external-locations/{name}")
def update_location(name: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Change a location."""
    with call.store.transaction() as tx:
        wanted = checked(ExternalLocationInfo, body)
        return _shown(external_locations.update(tx, call.principal, call.platform, name, wanted))


@router.delete("/external-locations/{name}")
def delete_location(name: str, call: CallDep, force: bool = False) -> dict[str, Any]:
    """Delete a location; its files stay."""
    with call.store.transaction() as tx:
        external_locations.delete(tx, call.principal, name, force)
    return {}


def _one(call: Call, kind: str, name: str, include_browse: bool = False) -> dict[str, Any]:
    with call.store.transaction() as tx:
        browse_only = access.require_shown(tx, call.principal, kind, name, include_browse)
        return _shown(securables.find(tx, kind, name), browse_only)


def _listed(call: Call, kind: str, include_browse: bool, include_unbound: bool) -> list[dict[str, Any]]:
    with call.store.transaction() as tx:
        found = access.shown_within(tx, call.principal, kind, "", include_browse, include_unbound)
    return [_shown(*one) for one in found]


def _shown(body: Body, browse_only: bool = False) -> dict[str, Any]:
    return {name: value for name, value in shown(body, browse_only).items() if value is not None}
