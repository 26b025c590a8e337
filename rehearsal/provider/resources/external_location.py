"""databricks_external_location."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider.kind import Values
from rehearsal.provider.resources.securable import Isolatable, same_folder

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient


class ExternalLocation(Isolatable):
    """A folder of cloud storage that Unity Catalog may use."""

    name = "external_location"
    collection = "external-locations"
    securable_type = "external_location"
    computed = frozenset({"owner", "isolation_mode", "metastore_id"})
    force_new = frozenset({"name"})
    quiet = frozenset({"enable_file_events", "file_event_queue"})
    volatile = frozenset({"updated_at", "updated_by"})
    created_with = (
        "name", "url", "credential_name", "comment", "read_only", "fallback", "enable_file_events", "skip_validation",
    )  # fmt: skip
    set_afterwards = ("owner", "isolation_mode")
    updated_with = ("url", "credential_name", "comment", "read_only", "fallback", "isolation_mode")

    def full_name(self, wanted: Values) -> str:
        """A location's name is its full name."""
        return str(wanted["name"])

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The location."""
        return same_folder(known, super().read(api, identifier, known), "url")
