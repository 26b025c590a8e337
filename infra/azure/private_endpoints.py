"""Private endpoints: the network's own addresses of the workspace, the storage account and the key vault."""

from __future__ import annotations

from dataclasses import dataclass

from cdktf_cdktf_provider_azurerm.private_dns_zone import PrivateDnsZone
from cdktf_cdktf_provider_azurerm.private_dns_zone_virtual_network_link import PrivateDnsZoneVirtualNetworkLink
from cdktf_cdktf_provider_azurerm.private_endpoint import (
    PrivateEndpoint,
    PrivateEndpointPrivateDnsZoneGroup,
    PrivateEndpointPrivateServiceConnection,
)
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct

from environments.settings import Environment
from infra.azure.names import azure_name
from infra.azure.network import NetworkResources
from infra.tags import tags

# https://learn.microsoft.com/azure/private-link/private-endpoint-dns
ZONES = {
    "databricks_ui_api": "privatelink.azuredatabricks.net",
    "browser_authentication": "privatelink.azuredatabricks.net",
    "dfs": "privatelink.dfs.core.windows.net",
    "blob": "privatelink.blob.core.windows.net",
    "vault": "privatelink.vaultcore.azure.net",
}


@dataclass(frozen=True)
class Target:
    """A resource and the part of it that an endpoint reaches (Azure: its subresource, or group id)."""

    name: str
    resource_id: str
    part: str


def add_private_endpoints(
    scope: Construct,
    environment: Environment,
    group: ResourceGroup,
    network: NetworkResources,
    targets: list[Target],
) -> list[PrivateEndpoint]:
    """Add an endpoint for each target, and the zones in which the network finds them by their public names."""
    zones = {
        zone: _add_zone(scope, environment, group, network, zone)
        for zone in sorted({ZONES[target.part] for target in targets})
    }
    return [
        PrivateEndpoint(
            scope,
            f"endpoint-{target.name}",
            name=azure_name(environment, "private endpoint", target.name),
            location=group.location,
            resource_group_name=group.name,
            subnet_id=network.endpoints.subnet.id,
            private_service_connection=PrivateEndpointPrivateServiceConnection(
                name=target.name,
                private_connection_resource_id=target.resource_id,
                subresource_names=[target.part],
                is_manual_connection=False,
            ),
            private_dns_zone_group=PrivateEndpointPrivateDnsZoneGroup(
                name=target.name, private_dns_zone_ids=[zones[ZONES[target.part]].id]
            ),
            tags=tags(environment),
            depends_on=[network.endpoints.guarded],
        )
        for target in targets
    ]


def _add_zone(
    scope: Construct, environment: Environment, group: ResourceGroup, network: NetworkResources, name: str
) -> PrivateDnsZone:
    identifier = f"zone-{name.replace('.', '-')}"
    zone = PrivateDnsZone(scope, identifier, name=name, resource_group_name=group.name, tags=tags(environment))
    PrivateDnsZoneVirtualNetworkLink(
        scope,
        f"{identifier}-network",
        name=azure_name(environment, "virtual network"),
        resource_group_name=group.name,
        private_dns_zone_name=zone.name,
        virtual_network_id=network.network.id,
        tags=tags(environment),
    )
    return zone
