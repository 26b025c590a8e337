"""The compute's way out: a NAT gateway, so that no node has a public address and all leave by one."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import TerraformResource
from cdktf_cdktf_provider_azurerm.nat_gateway import NatGateway
from cdktf_cdktf_provider_azurerm.nat_gateway_public_ip_association import NatGatewayPublicIpAssociation
from cdktf_cdktf_provider_azurerm.public_ip import PublicIp
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from cdktf_cdktf_provider_azurerm.subnet import Subnet
from cdktf_cdktf_provider_azurerm.subnet_nat_gateway_association import SubnetNatGatewayAssociation
from constructs import Construct

from environments.settings import Environment
from infra.azure.names import azure_name
from infra.tags import tags


def add_egress(
    scope: Construct, environment: Environment, group: ResourceGroup, subnets: Sequence[Subnet]
) -> list[TerraformResource]:
    """Let the subnets' nodes reach the internet, and nobody reach them; what must be there before they do."""
    address = PublicIp(
        scope,
        "egress-address",
        name=azure_name(environment, "public IP address", "egress"),
        location=group.location,
        resource_group_name=group.name,
        allocation_method="Static",
        sku="Standard",
        tags=tags(environment),
    )
    gateway = NatGateway(
        scope,
        "egress",
        name=azure_name(environment, "NAT gateway"),
        location=group.location,
        resource_group_name=group.name,
        sku_name="Standard",
        tags=tags(environment),
    )
    addressed = NatGatewayPublicIpAssociation(
        scope, "egress-address-gateway", nat_gateway_id=gateway.id, public_ip_address_id=address.id
    )
    attached = [
        SubnetNatGatewayAssociation(scope, f"egress-{subnet.node.id}", nat_gateway_id=gateway.id, subnet_id=subnet.id)
        for subnet in subnets
    ]
    return [addressed, *attached]
