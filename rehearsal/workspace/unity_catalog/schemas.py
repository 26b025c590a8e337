"""Schemas: the second level of names."""

from __future__ import annotations

import uuid
from pathlib import Path

from databricks.sdk.service.catalog import CatalogType, SchemaInfo

from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import already_exists, invalid
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import access, external_locations, managed_storage, models, securables, storage
from rehearsal.workspace.unity_catalog.cloud_urls import CloudUrl
from rehearsal.workspace.unity_catalog.names import part
from rehearsal.workspace.unity_catalog.privileges import CATALOG, FUNCTION, MANAGE, MODEL, SCHEMA, TABLE, VOLUME

# What a schema holds; views are kept with the tables.
_HELD = (TABLE, VOLUME, FUNCTION, MODEL)


def create(tx: Transaction, principal: Principal, wanted: Body) -> Body:
    """Make a schema. Raises DatabricksError: 403 without CREATE SCHEMA on the catalog, 409 when the name is taken."""
    info = parsed(SchemaInfo, wanted)
    catalog, name = part(info.catalog_name, "catalog_name"), part(info.name)
    access.require(tx, principal, CATALOG, catalog, "CREATE_SCHEMA")
    if securables.read(tx, SCHEMA, f"{catalog}.{name}") is not None:
        raise already_exists(f"Schema '{catalog}.{name}' already exists", "SCHEMA_ALREADY_EXISTS")
    root = external_locations.require_managed_storage(tx, principal, info.storage_root) if info.storage_root else None
    return insert(tx, principal, catalog, name, info.comment, info.properties, root)


def insert(
    tx: Transaction,
    principal: Principal,
    catalog: str,
    name: str,
    comment: str | None = None,
    properties: dict[str, str] | None = None,
    root: CloudUrl | None = None,
) -> Body:
    """Store a new schema that belongs to the principal; checks nothing."""
    now = storage.now()
    schema_id = str(uuid.uuid4())
    body = SchemaInfo(
        name=name,
        catalog_name=catalog,
        full_name=f"{catalog}.{name}",
        catalog_type=CatalogType.MANAGED_CATALOG,
        schema_id=schema_id,
        storage_root=str(root) if root else None,
        storage_location=managed_storage.location_in(root, SCHEMA, schema_id) if root else None,
        comment=comment,
        properties=properties,
        owner=principal.name,
        metastore_id=storage.METASTORE_ID,
        created_at=now,
        created_by=principal.name,
        updated_at=now,
        updated_by=principal.name,
    ).as_dict()
    securables.write(tx, SCHEMA, f"{catalog}.{name}", body)
    return body


def visible(tx: Transaction, principal: Principal, catalog: str) -> list[Body]:
    """Schemas of a catalog that the principal may know of."""
    securables.find(tx, CATALOG, catalog)
    return access.visible_within(tx, principal, SCHEMA, catalog)


def content(tx: Transaction, full_name: str) -> dict[str, int]:
    """How many objects of each kind are in the schema, kinds without any left out."""
    counts = {kind: len(securables.within(tx, kind, full_name)) for kind in _HELD}
    return {kind: count for kind, count in counts.items() if count}


def delete(tx: Transaction, principal: Principal, full_name: str, force: bool) -> list[Path]:
    """Drop a schema; with `force` all that is in it. Returns folders to remove once this is durable."""
    access.require(tx, principal, SCHEMA, full_name, MANAGE)
    held = content(tx, full_name)
    if held and not force:
        counts = ", ".join(f"{count} {securables.SPOKEN[kind].lower()}(s)" for kind, count in held.items())
        raise invalid(f"Schema '{full_name}' is not empty. The schema has {counts}", "SCHEMA_NOT_EMPTY")
    return remove(tx, full_name)


def remove(tx: Transaction, full_name: str) -> list[Path]:
    """Forget a schema and all in it; checks nothing. Returns folders to remove once this is durable."""
    folders = []
    for kind in _HELD:
        for body in securables.within(tx, kind, full_name):
            if body.get("storage_location"):
                folders.append(Path(body["storage_location"]))
            if kind == MODEL:
                models.forget_versions(tx, body["full_name"])
            securables.remove(tx, kind, body["full_name"])
    securables.remove(tx, SCHEMA, full_name)
    return folders
