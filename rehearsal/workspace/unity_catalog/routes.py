"""HTTP of Unity Catalog."""

from __future__ import annotations

from fastapi import APIRouter

from rehearsal.workspace.unity_catalog import (
    binding_routes,
    catalog_routes,
    entity_tag_routes,
    function_routes,
    grant_routes,
    lineage_routes,
    model_routes,
    storage_routes,
    table_routes,
    volume_routes,
)

router = APIRouter()
for part in (
    catalog_routes,
    table_routes,
    volume_routes,
    function_routes,
    model_routes,
    grant_routes,
    binding_routes,
    storage_routes,
    entity_tag_routes,
    lineage_routes,
):
    router.include_router(part.router)
