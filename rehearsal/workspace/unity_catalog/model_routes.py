"""HTTP of registered models, their versions and aliases. Versions are made by MLflow's registry API."""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.catalog import ModelVersionInfo, RegisteredModelInfo
from fastapi import APIRouter
from pydantic import BaseModel

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import access, changes, models, new_names, storage
from rehearsal.workspace.unity_catalog.changes import shown
from rehearsal.workspace.unity_catalog.pages import page
from rehearsal.workspace.unity_catalog.privileges import MANAGE, MODEL

router = APIRouter(prefix="/api/2.1/unity-catalog/models")


class AliasTarget(BaseModel):
    """Where an alias shall point (databricks-sdk has no dataclass of this request)."""

    version_num: int


@router.get("")
def list_models(
    call: CallDep,
    catalog_name: str = "",
    schema_name: str = "",
    include_browse: bool = False,
    max_results: int | None = None,
    page_token: str | None = None,
) -> dict[str, Any]:
    """Models of a schema, or of the metastore, that the caller may know of."""
    if bool(catalog_name) != bool(schema_name):
        raise invalid("catalog_name and schema_name must be given together.")
    schema = f"{catalog_name}.{schema_name}" if catalog_name else ""
    with call.store.transaction() as tx:
        found = access.shown_within(tx, call.principal, MODEL, schema, include_browse)
    shown_ones = [_shown(RegisteredModelInfo.from_dict(body), False, browse_only) for body, browse_only in found]
    return page("registered_models", shown_ones, max_results, page_token)


@router.post("")
def create_model(body: Body, call: CallDep) -> dict[str, Any]:
    """A new registered model that belongs to the caller."""
    wanted = parsed(RegisteredModelInfo, body)
    full_name = f"{wanted.catalog_name}.{wanted.schema_name}.{wanted.name}"
    with call.store.transaction() as tx:
        return _shown(models.create_model(tx, call.principal, call.platform, full_name, wanted.comment))


@router.get("/{full_name}")
def get_model(
    full_name: str, call: CallDep, include_aliases: bool = False, include_browse: bool = False
) -> dict[str, Any]:
    """One registered model."""
    with call.store.transaction() as tx:
        browse_only = access.require_shown(tx, call.principal, MODEL, full_name, include_browse)
        return _shown(models.find_model(tx, full_name), include_aliases, browse_only)


@router.patch("/{full_name}")
def update_model(full_name: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Change a model's name, comment or owner."""
    with call.store.transaction() as tx:
        if body.get("new_name"):
            full_name = new_names.rename(tx, call.principal, MODEL, full_name, str(body["new_name"]))
        changes.update(tx, call.principal, MODEL, full_name, {**body, "new_name": None})
        return _shown(models.find_model(tx, full_name))


@router.delete("/{full_name}")
def delete_model(full_name: str, call: CallDep) -> dict[str, Any]:
    """Delete a model with all its versions."""
    with call.store.transaction() as tx:
        folder = models.delete_model(tx, call.principal, full_name, force=True)
    storage.remove_folders([folder])
    return {}


@router.put("/{full_name}/aliases/{alias}")
def set_alias(full_name: str, alias: str, target: AliasTarget, call: CallDep) -> dict[str, Any]:
    """Point an alias to a version."""
    with call.store.transaction() as tx:
        access.require(tx, call.principal, MODEL, full_name, MANAGE)
        return models.set_alias(tx, call.principal, full_name, alias, target.version_num).as_dict()


@router.delete("/{full_name}/aliases/{alias}")
def delete_alias(full_name: str, alias: str, call: CallDep) -> dict[str, Any]:
    """Remove an alias."""
    with call.store.transaction() as tx:
        access.require(tx, call.principal, MODEL, full_name, MANAGE)
        models.delete_alias(tx, call.principal, full_name, alias)
    return {}


@router.get("/{full_name}/aliases/{alias}")
def get_by_alias(full_name: str, alias: str, call: CallDep) -> dict[str, Any]:
    """The version that an alias points to."""
    with call.store.transaction() as tx:
        access.require(tx, call.principal, MODEL, full_name, "EXECUTE")
        return _shown(models.find_version(tx, full_name, models.resolve_alias(tx, full_name, alias)))


@router.get("/{full_name}/versions")
def list_versions(full_name: str, call: CallDep) -> dict[str, Any]:
    """All versions, newest first, as Databricks lists them."""
    with call.store.transaction() as tx:
        access.require_visible(tx, call.principal, MODEL, full_name)
        found = models.versions(tx, full_name)
    return {"model_versions": [_shown(version, include_aliases=False) for version in reversed(found)]}


@router.get("/{full_name}/versions/{version}")
def get_version(full_name: str, version: int, call: CallDep, include_aliases: bool = False) -> dict[str, Any]:
    """One version."""
    with call.store.transaction() as tx:
        access.require(tx, call.principal, MODEL, full_name, "EXECUTE")
        return _shown(models.find_version(tx, full_name, version), include_aliases)


@router.patch("/{full_name}/versions/{version}")
def update_version(full_name: str, version: int, body: Body, call: CallDep) -> dict[str, Any]:
    """Change a version's comment."""
    with call.store.transaction() as tx:
        access.require(tx, call.principal, MODEL, full_name, MANAGE)
        return _shown(models.update_version(tx, call.principal, full_name, version, comment=body.get("comment")))


@router.delete("/{full_name}/versions/{version}")
def delete_version(full_name: str, version: int, call: CallDep) -> dict[str, Any]:
    """Delete a version with its files and the aliases to it."""
    with call.store.transaction() as tx:
        access.require(tx, call.principal, MODEL, full_name, MANAGE)
        folder = models.delete_version(tx, full_name, version)
    storage.remove_folders([folder])
    return {}


def _shown(
    info: RegisteredModelInfo | ModelVersionInfo, include_aliases: bool = True, browse_only: bool = False
) -> dict[str, Any]:
    if not include_aliases:
        info.aliases = None
    return shown(info.as_dict(), browse_only)
