"""databricks_schema."""

from __future__ import annotations

from typing import ClassVar

from rehearsal.provider.kind import Values
from rehearsal.provider.resources.securable import Securable


class Schema(Securable):
    """A schema of a catalog."""

    name = "schema"
    collection = "schemas"
    computed = frozenset({"owner", "metastore_id", "enable_predictive_optimization", "schema_id"})
    defaults: ClassVar[Values] = {"force_destroy": False}
    force_new = frozenset({"name", "catalog_name", "storage_root"})
    created_with = ("name", "catalog_name", "comment", "properties", "storage_root")
    set_afterwards = ("owner", "enable_predictive_optimization")
    updated_with = ("comment", "properties", "enable_predictive_optimization")

    def full_name(self, wanted: Values) -> str:
        """catalog.schema"""
        return f"{wanted['catalog_name']}.{wanted['name']}"
