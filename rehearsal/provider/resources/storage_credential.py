"""databricks_storage_credential."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider.kind import Values
from rehearsal.provider.resources.securable import Isolatable

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient


class StorageCredential(Isolatable):
    """The identity by which Unity Catalog reaches storage."""

    name = "storage_credential"
    collection = "storage-credentials"
    securable_type = "storage_credential"
    computed = frozenset({"owner", "isolation_mode", "metastore_id"})
    force_new = frozenset({"name"})
    created_with = ("name", "comment", "azure_managed_identity", "read_only", "skip_validation")
    set_afterwards = ("owner", "isolation_mode")
    updated_with = ("comment", "azure_managed_identity", "read_only", "isolation_mode")

    def full_name(self, wanted: Values) -> str:
        """A credential's name is its full name."""
        return str(wanted["name"])

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The credential, and its id, which is not Terraform's."""
        remote = super().read(api, identifier, known)
        return {**remote, "storage_credential_id": remote["id"]}
