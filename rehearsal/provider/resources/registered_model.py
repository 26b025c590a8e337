"""databricks_registered_model."""

from __future__ import annotations

from rehearsal.provider.kind import Values
from rehearsal.provider.resources.securable import Securable


class RegisteredModel(Securable):
    """A registered model of Unity Catalog; versions and aliases belong to the pipelines, so they are no drift."""

    name = "registered_model"
    collection = "models"
    computed = frozenset(
        {"owner", "storage_location", "created_at", "created_by", "full_name", "metastore_id"}
        | {"updated_at", "updated_by", "browse_only"}
    )
    force_new = frozenset({"name", "catalog_name", "schema_name", "storage_location"})
    quiet = frozenset({"aliases"})
    volatile = frozenset({"updated_at", "updated_by"})
    created_with = ("name", "catalog_name", "schema_name", "comment", "storage_location")
    updated_with = ("comment",)

    def full_name(self, wanted: Values) -> str:
        """catalog.schema.model"""
        return f"{wanted['catalog_name']}.{wanted['schema_name']}.{wanted['name']}"
