"""databricks_catalog."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from rehearsal.provider.kind import Values
from rehearsal.provider.resources.securable import ROOT, Isolatable, same_folder

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient


class Catalog(Isolatable):
    """A catalog. The real provider deletes the `default` schema that comes with a new one, so that it is empty."""

    name = "catalog"
    collection = "catalogs"
    securable_type = "catalog"
    computed = frozenset({"owner", "isolation_mode", "metastore_id", "enable_predictive_optimization"})
    defaults: ClassVar[Values] = {"force_destroy": False}
    force_new = frozenset({"name", "connection_name", "provider_name", "share_name", "storage_root", "options"})
    quiet = frozenset({"browse_only", "options", "effective_predictive_optimization_flag", "provisioning_info"})
    volatile = frozenset({"updated_at", "updated_by"})
    created_with = (
        "name", "comment", "properties", "options", "storage_root", "connection_name", "provider_name", "share_name",
    )  # fmt: skip
    set_afterwards = ("owner", "isolation_mode", "enable_predictive_optimization")
    updated_with = ("comment", "properties", "isolation_mode", "enable_predictive_optimization")

    def full_name(self, wanted: Values) -> str:
        """A catalog's name is its full name."""
        return str(wanted["name"])

    def finish(self, api: ApiClient, identifier: str, wanted: Values) -> None:
        """Remove the new catalog's `default` schema, then hand over."""
        from databricks.sdk.errors import NotFound

        with suppress(NotFound):  # not every metastore creates one
            api.do("DELETE", f"{ROOT}/schemas/{identifier}.default")
        super().finish(api, identifier, wanted)

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The catalog."""
        return same_folder(known, super().read(api, identifier, known), "storage_root")
