"""Databricks workspaces and access connectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rehearsal.provider.azure.fields import At, Block, Field, Local, Out, flag, reference
from rehearsal.provider.azure.places import InGroup
from rehearsal.provider.azure.resource import LOCATION, TAGS, AzureResource
from rehearsal.provider.azure.resources.identity import IDENTITY
from rehearsal.provider.kind import Values

if TYPE_CHECKING:
    from rehearsal.provider.azure.client import ArmClient

_NETWORK = ("virtual_network_id", "public_subnet_name", "private_subnet_name", "storage_account_name")


class DatabricksWorkspace(AzureResource):
    """A workspace."""

    name = "databricks_workspace"
    place = InGroup("Microsoft.Databricks/workspaces")
    computed = frozenset({"managed_resource_group_name"})
    defaults: ClassVar[Values] = {
        "public_network_access_enabled": True,
        "infrastructure_encryption_enabled": False,
        "customer_managed_key_enabled": False,
    }
    force_new = frozenset(
        {"managed_resource_group_name", "infrastructure_encryption_enabled"}
        | {f"custom_parameters.{name}" for name in _NETWORK}
    )
    quiet = frozenset({"custom_parameters"})
    fields: ClassVar[dict[str, Field]] = {
        "location": LOCATION,
        "tags": TAGS,
        "sku": At("sku.name"),
        "managed_resource_group_name": At(
            "properties.managedResourceGroupId", read=lambda identifier: identifier.rpartition("/")[2]
        ),
        "public_network_access_enabled": flag("properties.publicNetworkAccess"),
        "network_security_group_rules_required": At("properties.requiredNsgRules"),
        "access_connector_id": reference("properties.accessConnector"),
        "default_storage_firewall_enabled": flag("properties.defaultStorageFirewall"),
        "custom_parameters": Block(
            "properties.parameters",
            {
                "no_public_ip": At("enableNoPublicIp.value"),
                "virtual_network_id": At("customVirtualNetworkId.value"),
                "public_subnet_name": At("customPublicSubnetName.value"),
                "private_subnet_name": At("customPrivateSubnetName.value"),
                "nat_gateway_name": At("natGatewayName.value"),
                "public_ip_name": At("publicIpName.value"),
                "storage_account_name": At("storageAccountName.value"),
                "storage_account_sku_name": At("storageAccountSkuName.value"),
                "vnet_address_prefix": At("vnetAddressPrefix.value"),
                "public_subnet_network_security_group_association_id": Local(),
                "private_subnet_network_security_group_association_id": Local(),
            },
        ),
        # after the block, whose place in the document they share
        "infrastructure_encryption_enabled": At("properties.parameters.requireInfrastructureEncryption.value"),
        "customer_managed_key_enabled": At("properties.parameters.prepareEncryption.value"),
        "managed_resource_group_id": Out("properties.managedResourceGroupId"),
        "workspace_url": Out("properties.workspaceUrl"),
        "workspace_id": Out("properties.workspaceId"),
        "disk_encryption_set_id": Out("properties.diskEncryptionSetId"),
    }

    def write(self, api: ArmClient, wanted: Values, document: Values) -> None:
        """The group that Databricks manages is named by its id; without a name it gets one from the workspace's."""
        super().write(api, wanted, document)
        managed = wanted.get("managed_resource_group_name") or f"databricks-rg-{wanted['resource_group_name']}"
        document["properties"]["managedResourceGroupId"] = f"/subscriptions/{api.subscription}/resourceGroups/{managed}"


class DatabricksAccessConnector(AzureResource):
    """The identity by which Databricks opens storage."""

    name = "databricks_access_connector"
    place = InGroup("Microsoft.Databricks/accessConnectors")
    fields: ClassVar[dict[str, Field]] = {"location": LOCATION, "tags": TAGS, "identity": IDENTITY}
