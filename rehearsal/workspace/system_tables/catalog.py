"""Makes the catalog `system` with its tables. It belongs to the metastore's administrators, who grant others SELECT."""

from __future__ import annotations

import uuid

from databricks.sdk.service.catalog import CatalogInfo, CatalogIsolationMode, CatalogType, SchemaInfo
from deltalake import DeltaTable, Schema

from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.system_tables.schemas import (
    AUDIT,
    AUDIT_COLUMNS,
    CATALOG,
    LINEAGE_COLUMNS,
    SCHEMA,
    TABLE_LINEAGE,
)
from rehearsal.workspace.unity_catalog import securables, storage, tables
from rehearsal.workspace.unity_catalog.privileges import CATALOG as CATALOG_KIND
from rehearsal.workspace.unity_catalog.privileges import SCHEMA as SCHEMA_KIND

# Who makes it: nobody can sign in by this name. As owner of the metastore's group he may do so.
SYSTEM = Principal(
    id="system",
    name="System user",
    kind="service_principal",
    groups=frozenset({securables.METASTORE_OWNER}),
    is_admin=False,
)


def ensure(platform: Platform) -> None:
    """Make what is missing of catalog, schema and tables."""
    with platform.store.transaction() as tx:
        _ensure_containers(tx)
    for full_name, columns, comment in (
        (AUDIT, AUDIT_COLUMNS, "Every answered request"),
        (TABLE_LINEAGE, LINEAGE_COLUMNS, "Which table was written from which"),
    ):
        _ensure_table(platform, full_name, columns, comment)


def _ensure_containers(tx: Transaction) -> None:
    now = storage.now()
    told = {
        "owner": securables.METASTORE_OWNER,
        "metastore_id": storage.METASTORE_ID,
        "created_at": now,
        "created_by": SYSTEM.name,
        "updated_at": now,
        "updated_by": SYSTEM.name,
    }
    if securables.read(tx, CATALOG_KIND, CATALOG) is None:
        catalog = CatalogInfo(name=CATALOG, full_name=CATALOG, catalog_type=CatalogType.SYSTEM_CATALOG)
        catalog.isolation_mode = CatalogIsolationMode.OPEN
        securables.write(tx, CATALOG_KIND, CATALOG, {**catalog.as_dict(), **told, "id": str(uuid.uuid4())})
    full_name = f"{CATALOG}.{SCHEMA}"
    if securables.read(tx, SCHEMA_KIND, full_name) is None:
        schema = SchemaInfo(name=SCHEMA, catalog_name=CATALOG, full_name=full_name, schema_id=str(uuid.uuid4()))
        schema.catalog_type = CatalogType.SYSTEM_CATALOG
        securables.write(tx, SCHEMA_KIND, full_name, {**schema.as_dict(), **told})


def _ensure_table(platform: Platform, full_name: str, columns: Schema, comment: str) -> None:
    with platform.store.transaction() as tx:
        if tables.exists(tx, full_name):
            return
    location = tables.location_for_new(platform, full_name)
    DeltaTable.create(location, columns, description=comment)
    with platform.store.transaction() as tx:
        table = tables.register(tx, SYSTEM, full_name, location, comment)
        table.owner = securables.METASTORE_OWNER
        tables.save(tx, table)
