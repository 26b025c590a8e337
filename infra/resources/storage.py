"""Where the catalog keeps its data: the storage account's container, reached as the access connector's identity."""

from __future__ import annotations

from cdktf_cdktf_provider_databricks.external_location import ExternalLocation
from cdktf_cdktf_provider_databricks.storage_credential import StorageCredential, StorageCredentialAzureManagedIdentity
from constructs import Construct

from environments import names
from environments.settings import Environment
from infra.foundation import Foundation
from infra.resources.protection import protection

# The provider binds an isolated securable to the workspace that it is made from. That binding is not declared: it would
# be destroyed before the tables, which then nobody could reach to drop.
ISOLATED = "ISOLATION_MODE_ISOLATED"


def add_storage(scope: Construct, environment: Environment, foundation: Foundation) -> ExternalLocation:
    """Add the credential and the location; no workspace but the environment's own can use either."""
    credential = StorageCredential(
        scope,
        "storage-credential",
        name=names.storage(environment),
        comment=f"Identity that reads and writes the storage of {environment.name}",
        azure_managed_identity=StorageCredentialAzureManagedIdentity(
            access_connector_id=foundation.access_connector_id
        ),
        isolation_mode=ISOLATED,
        lifecycle=protection(environment),
    )
    return ExternalLocation(
        scope,
        "storage-location",
        name=names.storage(environment),
        url=foundation.storage_url,
        credential_name=credential.name,
        comment=f"Storage of the catalog {environment.catalog}",
        isolation_mode=ISOLATED,
        lifecycle=protection(environment),
    )
