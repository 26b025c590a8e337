"""Where the catalog's data lies: a container of a Data Lake account, and the identity by which Databricks opens it."""

from __future__ import annotations

from dataclasses import dataclass

from cdktf_cdktf_provider_azurerm.databricks_access_connector import (
    DatabricksAccessConnector,
    DatabricksAccessConnectorIdentity,
)
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from cdktf_cdktf_provider_azurerm.role_assignment import RoleAssignment
from cdktf_cdktf_provider_azurerm.storage_account import (
    StorageAccount,
    StorageAccountBlobProperties,
    StorageAccountBlobPropertiesContainerDeleteRetentionPolicy,
    StorageAccountBlobPropertiesDeleteRetentionPolicy,
    StorageAccountNetworkRules,
    StorageAccountSasPolicy,
)
from cdktf_cdktf_provider_azurerm.storage_container import StorageContainer
from constructs import Construct

from environments.settings import Environment
from infra.azure.names import azure_name
from infra.resources.protection import protection
from infra.tags import tags

CONTAINER = "catalog"
DAYS_TO_UNDELETE = 7
ONE_DAY = "01.00:00:00"


@dataclass(frozen=True)
class StorageResources:
    """The account; `url` of the container; the connector through which Unity Catalog reaches it."""

    account: StorageAccount
    url: str
    connector: DatabricksAccessConnector
    opened: RoleAssignment
    """From here on the connector may read and write."""


def add_storage(scope: Construct, environment: Environment, group: ResourceGroup) -> StorageResources:
    """Add them. Nobody reaches the account but through private endpoints, nobody opens it but by a role."""
    account = StorageAccount(
        scope,
        "storage",
        name=environment.azure.storage_account,
        location=group.location,
        resource_group_name=group.name,
        account_kind="StorageV2",
        account_tier="Standard",
        # What is protected survives its region.
        account_replication_type="GZRS" if environment.protected else "ZRS",
        is_hns_enabled=True,
        min_tls_version="TLS1_2",
        https_traffic_only_enabled=True,
        infrastructure_encryption_enabled=True,
        public_network_access_enabled=False,
        network_rules=StorageAccountNetworkRules(default_action="Deny", bypass=["AzureServices"]),
        allow_nested_items_to_be_public=False,
        shared_access_key_enabled=False,
        default_to_oauth_authentication=True,
        local_user_enabled=False,
        cross_tenant_replication_enabled=False,
        sas_policy=StorageAccountSasPolicy(expiration_period=ONE_DAY),
        blob_properties=StorageAccountBlobProperties(
            delete_retention_policy=StorageAccountBlobPropertiesDeleteRetentionPolicy(days=DAYS_TO_UNDELETE),
            container_delete_retention_policy=StorageAccountBlobPropertiesContainerDeleteRetentionPolicy(
                days=DAYS_TO_UNDELETE
            ),
        ),
        tags=tags(environment),
        lifecycle=protection(environment),
    )
    # By the account's id, so that Azure Resource Manager makes it: the account's own address is private.
    container = StorageContainer(
        scope,
        "storage-container",
        name=CONTAINER,
        storage_account_id=account.id,
        container_access_type="private",
        lifecycle=protection(environment),
    )
    connector = DatabricksAccessConnector(
        scope,
        "connector",
        name=azure_name(environment, "access connector"),
        location=group.location,
        resource_group_name=group.name,
        identity=DatabricksAccessConnectorIdentity(type="SystemAssigned"),
        tags=tags(environment),
        lifecycle=protection(environment),
    )
    opened = RoleAssignment(
        scope,
        "connector-storage",
        scope=account.id,
        role_definition_name="Storage Blob Data Contributor",
        principal_id=connector.identity.principal_id,
        principal_type="ServicePrincipal",
    )
    url = f"abfss://{container.name}@{account.name}.dfs.core.windows.net/"
    return StorageResources(account, url, connector, opened)
