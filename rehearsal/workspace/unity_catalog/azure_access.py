"""What Azure lets a storage credential do: is there such an access connector, and may its identity use a container?

Asked when a credential or a location is made, as Unity Catalog validates them against the real cloud.
"""

from __future__ import annotations

import re

from rehearsal.workspace.arm import authorization, resources
from rehearsal.workspace.arm import storage as azure_storage
from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import denied, invalid
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog.cloud_urls import CloudUrl

CONNECTOR = "Microsoft.Databricks/accessConnectors"
_CONNECTOR_ID = re.compile(
    rf"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/{re.escape(CONNECTOR)}/[^/]+", re.IGNORECASE
)
_WRITERS = ("Storage Blob Data Contributor", "Storage Blob Data Owner")
_READERS = (*_WRITERS, "Storage Blob Data Reader")


def require_connector(tx: Transaction, connector_id: str) -> None:
    """Refuse an id that is none, and one that Azure does not have where it has any. Raises DatabricksError 400."""
    if not _CONNECTOR_ID.fullmatch(connector_id):
        raise invalid(f"Access connector id '{connector_id}' is not the resource id of a {CONNECTOR}.")
    known = any(body["type"] == CONNECTOR for body in tx.list(resources.KIND))
    if known and resources.find(tx, connector_id) is None:
        raise invalid(f"Access connector '{connector_id}' could not be found.")


def require_container(tx: Transaction, platform: Platform, identity: Body, url: CloudUrl, read_only: bool) -> None:
    """Refuse a container that Azure does not have, or in which the credential's identity may not read and write.

    Raises DatabricksError 400 for a connector that is gone, 403, 404.
    """
    require_connector(tx, identity["access_connector_id"])
    azure_storage.container_folder(tx, platform, url.account, url.container)
    connector = resources.find(tx, identity["access_connector_id"])
    if connector is None:  # Azure knows no connector at all
        return
    container = _container_id(tx, url)
    roles = {authorization.ROLES[name] for name in (_READERS if read_only else _WRITERS)}
    for body in tx.list(resources.KIND):
        properties = body["properties"]
        if (
            body["type"] == authorization.ASSIGNMENT
            and properties.get("principalId") == _principal(connector, identity.get("managed_identity_id"))
            and str(properties["roleDefinitionId"]).rpartition("/")[2].lower() in roles
            and f"{container}/".lower().startswith(f"{properties['scope']}/".lower())
        ):
            return
    raise denied(
        f"Access connector '{connector['id']}' is not authorized to access '{url}': "
        f"its identity needs the role {_WRITERS[0]} on the storage account."
    )


def _container_id(tx: Transaction, url: CloudUrl) -> str:
    account = tx.get(azure_storage.NAME, url.account) or {"id": ""}
    return f"{account['id']}/blobServices/default/containers/{url.container}"


def _principal(connector: Body, managed_identity_id: str | None) -> str | None:
    """The identity by which the connector acts: its own, or the user-assigned one that the credential names."""
    identity = connector.get("identity") or {}
    if managed_identity_id is None:
        return identity.get("principalId")
    assigned = {name.lower(): shown for name, shown in (identity.get("userAssignedIdentities") or {}).items()}
    return (assigned.get(managed_identity_id.lower()) or {}).get("principalId")
