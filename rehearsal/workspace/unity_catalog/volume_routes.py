"""HTTP of volumes."""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.catalog import VolumeInfo
from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import access, changes, new_names, securables, storage, volumes
from rehearsal.workspace.unity_catalog.changes import shown
from rehearsal.workspace.unity_catalog.pages import page
from rehearsal.workspace.unity_catalog.privileges import SCHEMA, VOLUME

router = APIRouter(prefix="/api/2.1/unity-catalog")


@router.get("/volumes")
def list_volumes(
    catalog_name: str,
    schema_name: str,
    call: CallDep,
    include_browse: bool = False,
    max_results: int | None = None,
    page_token: str | None = None,
) -> dict[str, Any]:
    """Volumes of a schema that the caller may know of."""
    schema = f"{catalog_name}.{schema_name}"
    with call.store.transaction() as tx:
        access.require_visible(tx, call.principal, SCHEMA, schema)
        found = access.shown_within(tx, call.principal, VOLUME, schema, include_browse)
    return page("volumes", [shown(*one) for one in found], max_results, page_token)


@router.post("/volumes")
def create_volume(body: Body, call: CallDep) -> dict[str, Any]:
    """A new managed volume that belongs to the caller."""
    with call.store.transaction() as tx:
        return shown(volumes.create(tx, call.principal, call.platform, parsed(VolumeInfo, body)).as_dict())


@router.get("/volumes/{full_name}")
def get_volume(full_name: str, call: CallDep, include_browse: bool = False) -> dict[str, Any]:
    """One volume."""
    with call.store.transaction() as tx:
        browse_only = access.require_shown(tx, call.principal, VOLUME, full_name, include_browse)
        return shown(securables.find(tx, VOLUME, full_name), browse_only)


@router.patch("/volumes/{full_name}")
def update_volume(full_name: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Change a volume's name, comment or owner."""
    with call.store.transaction() as tx:
        if body.get("new_name"):
            full_name = new_names.rename(tx, call.principal, VOLUME, full_name, str(body["new_name"]))
        return shown(changes.update(tx, call.principal, VOLUME, full_name, {**body, "new_name": None}))


@router.delete("/volumes/{full_name}")
def delete_volume(full_name: str, call: CallDep) -> dict[str, Any]:
    """Drop a volume with its files."""
    with call.store.transaction() as tx:
        folder = volumes.delete(tx, call.principal, full_name)
    storage.remove_folders([folder])
    return {}
