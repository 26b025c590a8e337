"""Catalogs: the first level of names, and what prod, staging and dev differ by."""

from __future__ import annotations

import uuid
from pathlib import Path

from databricks.sdk.service.catalog import CatalogInfo, CatalogIsolationMode, CatalogType, SecurableType

from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import already_exists, invalid
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import (
    access,
    bindings,
    external_locations,
    managed_storage,
    schemas,
    securables,
    storage,
)
from rehearsal.workspace.unity_catalog.names import part
from rehearsal.workspace.unity_catalog.privileges import CATALOG, MANAGE, METASTORE, SCHEMA

_DEFAULT_SCHEMA = "default"


def create(tx: Transaction, principal: Principal, wanted: Body) -> Body:
    """Make a catalog with its `default` schema. Raises DatabricksError: 403 without CREATE CATALOG, 409."""
    access.require(tx, principal, METASTORE, securables.METASTORE_KEY, "CREATE_CATALOG")
    info = parsed(CatalogInfo, wanted)
    name = part(info.name)
    if securables.read(tx, CATALOG, name) is not None:
        raise already_exists(f"Catalog '{name}' already exists", "CATALOG_ALREADY_EXISTS")
    now = storage.now()
    info.name = info.full_name = name
    info.owner = info.created_by = info.updated_by = principal.name
    info.created_at = info.updated_at = now
    info.metastore_id = storage.METASTORE_ID
    info.catalog_type = CatalogType.MANAGED_CATALOG
    info.securable_type = SecurableType.CATALOG
    info.isolation_mode = info.isolation_mode or CatalogIsolationMode.OPEN
    body = {**info.as_dict(), "id": str(uuid.uuid4())}
    if info.storage_root:
        root = external_locations.require_managed_storage(tx, principal, info.storage_root)
        body |= {"storage_root": str(root), "storage_location": managed_storage.location_in(root, CATALOG, body["id"])}
    securables.write(tx, CATALOG, name, body)
    if info.isolation_mode == CatalogIsolationMode.ISOLATED:
        bindings.bind_current(tx, principal, CATALOG, name)
    schemas.insert(tx, principal, name, _DEFAULT_SCHEMA, comment="Default schema (auto-created)")
    return body


def visible(tx: Transaction, principal: Principal) -> list[Body]:
    """Catalogs that the principal may know of."""
    return access.visible_within(tx, principal, CATALOG, "")


def delete(tx: Transaction, principal: Principal, name: str, force: bool) -> list[Path]:
    """Drop a catalog; with `force` all that is in it. Returns folders to remove once this is durable."""
    access.require(tx, principal, CATALOG, name, MANAGE)
    held = securables.within(tx, SCHEMA, name)
    # The empty default schema that came with the catalog does not keep it.
    used = [body for body in held if body["name"] != _DEFAULT_SCHEMA or schemas.content(tx, body["full_name"])]
    if used and not force:
        raise invalid(f"Catalog '{name}' is not empty. The catalog has {len(used)} schema(s)", "CATALOG_NOT_EMPTY")
    folders = [folder for body in held for folder in schemas.remove(tx, body["full_name"])]
    securables.remove(tx, CATALOG, name)
    return folders
