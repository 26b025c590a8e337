"""Where managed tables, volumes and models lie: below the storage root of their schema, catalog or metastore.

https://learn.microsoft.com/azure/databricks/connect/unity-catalog/cloud-storage/managed-storage: the innermost storage
root counts; within it every catalog or schema has a folder of its own, so that several can have the same root.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from rehearsal.workspace.context import Platform
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import cloud_urls, securables, storage
from rehearsal.workspace.unity_catalog.cloud_urls import CloudUrl
from rehearsal.workspace.unity_catalog.privileges import CATALOG, SCHEMA

FOLDER = "__unitystorage"
_LEVELS = {CATALOG: "catalogs", SCHEMA: "schemas"}


def location_in(root: CloudUrl, kind: str, identifier: str) -> str:
    """The folder of a catalog or schema in its storage root."""
    return str(root.below(FOLDER, _LEVELS[kind], identifier))


def new_folder(platform: Platform, catalog: str, schema: str, kind: str) -> Path:
    """A folder for a new managed object: a fresh id, so that a name used again never meets old files.

    Raises DatabricksError 404 when Azure no longer has the storage root's container.
    """
    with platform.store.transaction() as tx:
        for level, name in ((SCHEMA, f"{catalog}.{schema}"), (CATALOG, catalog)):
            location = (securables.read(tx, level, name) or {}).get("storage_location")
            if location:
                return storage.local_folder(tx, platform, cloud_urls.parse(location)) / kind / str(uuid.uuid4())
    return storage.root(platform) / catalog.lower() / schema.lower() / kind / str(uuid.uuid4())


def users(tx: Transaction, url: CloudUrl) -> list[str]:
    """Catalogs and schemas whose storage root is within the URL, as messages name them."""
    return [
        f"{securables.SPOKEN[kind].lower()} '{body['full_name']}'"
        for kind in _LEVELS
        for body in securables.within(tx, kind, "")
        if body.get("storage_root") and url.holds(cloud_urls.parse(body["storage_root"]))
    ]
