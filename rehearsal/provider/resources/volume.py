"""databricks_volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider.kind import Values, changed
from rehearsal.provider.resources.securable import Securable

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient


class Volume(Securable):
    """A volume of a schema. It can be renamed in place."""

    name = "volume"
    collection = "volumes"
    computed = frozenset({"owner"})
    force_new = frozenset({"catalog_name", "schema_name", "volume_type", "storage_location"})
    quiet = frozenset({"storage_location"})
    created_with = ("name", "catalog_name", "schema_name", "volume_type", "comment", "storage_location")
    updated_with = ("comment",)

    def full_name(self, wanted: Values) -> str:
        """catalog.schema.volume"""
        return f"{wanted['catalog_name']}.{wanted['schema_name']}.{wanted['name']}"

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The volume, and the path where its files are."""
        return {**super().read(api, identifier, known), "volume_path": _path(identifier)}

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Change what differs, the name last: it changes the path of all other calls."""
        super().update(api, identifier, before, wanted)
        if changed(before, wanted, "name"):
            api.do("PATCH", self.path(identifier), body={"new_name": wanted["name"]})
        return self.full_name(wanted)

    def plan(self, before: Values, wanted: Values) -> Values:
        """A new name gives a new id and a new path."""
        full_name = self.full_name(wanted)
        return {"id": full_name, "volume_path": _path(full_name)} if changed(before, wanted, "name") else {}


def _path(full_name: str) -> str:
    return "/Volumes/" + full_name.replace(".", "/")
