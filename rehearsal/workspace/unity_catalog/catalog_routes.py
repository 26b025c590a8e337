"""HTTP of the metastore, catalogs and schemas."""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.catalog import GetMetastoreSummaryResponse, MetastoreAssignment
from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.errors import not_found
from rehearsal.workspace.identity.installation import workspace_id
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import access, catalogs, changes, schemas, securables, storage
from rehearsal.workspace.unity_catalog.changes import shown
from rehearsal.workspace.unity_catalog.pages import page
from rehearsal.workspace.unity_catalog.privileges import CATALOG, SCHEMA

router = APIRouter(prefix="/api/2.1/unity-catalog")


@router.get("/metastore_summary")
def metastore_summary(call: CallDep) -> dict[str, Any]:
    """The one metastore that all workspaces share."""
    return _metastore()


@router.get("/metastores/{metastore_id}")
def get_metastore(metastore_id: str, call: CallDep) -> dict[str, Any]:
    """The metastore by its id."""
    if metastore_id != storage.METASTORE_ID:
        raise not_found(f"Metastore '{metastore_id}' does not exist.", "METASTORE_DOES_NOT_EXIST")
    return _metastore()


@router.get("/metastores")
def list_metastores(call: CallDep) -> dict[str, Any]:
    """All metastores: one."""
    return {"metastores": [_metastore()]}


@router.get("/current-metastore-assignment")
def current_assignment(call: CallDep) -> dict[str, Any]:
    """Which metastore the workspace uses."""
    number = workspace_id(call.workspace)
    if number is None:
        raise not_found("The account has no metastore assignment; ask a workspace.", "METASTORE_DOES_NOT_EXIST")
    return MetastoreAssignment(workspace_id=number, metastore_id=storage.METASTORE_ID).as_dict()


@router.get("/catalogs")
def list_catalogs(
    call: CallDep,
    include_browse: bool = False,
    include_unbound: bool = False,
    max_results: int | None = None,
    page_token: str | None = None,
) -> dict[str, Any]:
    """Catalogs that the caller may know of."""
    with call.store.transaction() as tx:
        found = access.shown_within(tx, call.principal, CATALOG, "", include_browse, include_unbound)
    return page("catalogs", [shown(*one) for one in found], max_results, page_token)


@router.post("/catalogs")
def create_catalog(body: Body, call: CallDep) -> dict[str, Any]:
    """A new catalog that belongs to the caller."""
    with call.store.transaction() as tx:
        return shown(catalogs.create(tx, call.principal, body))


@router.get("/catalogs/{name}")
def get_catalog(name: str, call: CallDep, include_browse: bool = False) -> dict[str, Any]:
    """One catalog."""
    with call.store.transaction() as tx:
        browse_only = access.require_shown(tx, call.principal, CATALOG, name, include_browse)
        return shown(securables.find(tx, CATALOG, name), browse_only)


@router.patch("/catalogs/{name}")
def update_catalog(name: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Change a catalog's comment, owner, properties or isolation."""
    with call.store.transaction() as tx:
        return shown(changes.update(tx, call.principal, CATALOG, name, body))


@router.delete("/catalogs/{name}")
def delete_catalog(name: str, call: CallDep, force: bool = False) -> dict[str, Any]:
    """Drop a catalog."""
    with call.store.transaction() as tx:
        folders = catalogs.delete(tx, call.principal, name, force)
    storage.remove_folders(folders)
    return {}


@router.get("/schemas")
def list_schemas(
    catalog_name: str,
    call: CallDep,
    include_browse: bool = False,
    max_results: int | None = None,
    page_token: str | None = None,
) -> dict[str, Any]:
    """Schemas of a catalog that the caller may know of."""
    with call.store.transaction() as tx:
        access.require_visible(tx, call.principal, CATALOG, catalog_name)
        found = access.shown_within(tx, call.principal, SCHEMA, catalog_name, include_browse)
    return page("schemas", [shown(*one) for one in found], max_results, page_token)


@router.post("/schemas")
def create_schema(body: Body, call: CallDep) -> dict[str, Any]:
    """A new schema that belongs to the caller."""
    with call.store.transaction() as tx:
        return shown(schemas.create(tx, call.principal, body))


@router.get("/schemas/{full_name}")
def get_schema(full_name: str, call: CallDep, include_browse: bool = False) -> dict[str, Any]:
    """One schema."""
    with call.store.transaction() as tx:
        browse_only = access.require_shown(tx, call.principal, SCHEMA, full_name, include_browse)
        return shown(securables.find(tx, SCHEMA, full_name), browse_only)


@router.patch("/schemas/{full_name}")
def update_schema(full_name: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Change a schema's comment, owner or properties."""
    with call.store.transaction() as tx:
        return shown(changes.update(tx, call.principal, SCHEMA, full_name, body))


@router.delete("/schemas/{full_name}")
def delete_schema(full_name: str, call: CallDep, force: bool = False) -> dict[str, Any]:
    """Drop a schema."""
    with call.store.transaction() as tx:
        folders = schemas.delete(tx, call.principal, full_name, force)
    storage.remove_folders(folders)
    return {}


def _metastore() -> dict[str, Any]:
    return GetMetastoreSummaryResponse(
        name="rehearsal",
        metastore_id=storage.METASTORE_ID,
        global_metastore_id=f"azure:westeurope:{storage.METASTORE_ID}",
        cloud="azure",
        region="westeurope",
        owner=securables.METASTORE_OWNER,
        storage_root=storage.CLOUD_ROOT,
        privilege_model_version="1.0",
    ).as_dict()
