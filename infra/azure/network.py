"""The virtual network: compute in two subnets that Databricks manages, private endpoints in a third."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from cdktf import TerraformResource
from cdktf_cdktf_provider_azurerm.network_security_group import NetworkSecurityGroup, NetworkSecurityGroupSecurityRule
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from cdktf_cdktf_provider_azurerm.subnet import Subnet, SubnetDelegation, SubnetDelegationServiceDelegation
from cdktf_cdktf_provider_azurerm.subnet_network_security_group_association import SubnetNetworkSecurityGroupAssociation
from cdktf_cdktf_provider_azurerm.virtual_network import VirtualNetwork
from constructs import Construct

from environments.settings import Environment
from infra.azure.egress import add_egress
from infra.azure.names import azure_name
from infra.tags import tags

_ACTIONS = "Microsoft.Network/virtualNetworks/subnets"
DELEGATION = SubnetDelegation(
    name="databricks",
    service_delegation=SubnetDelegationServiceDelegation(
        name="Microsoft.Databricks/workspaces",
        actions=[
            f"{_ACTIONS}/join/action",
            f"{_ACTIONS}/prepareNetworkPolicies/action",
            f"{_ACTIONS}/unprepareNetworkPolicies/action",
        ],
    ),
)
# Compute asks the control plane's private endpoint not by HTTPS alone: its relay (6666), the old metastore (3306) and
# ports that Databricks' services use behind it.
ENDPOINT_PORTS = ["443", "3306", "6666", "8443-8451"]
ONLY_FROM_WITHIN = [
    NetworkSecurityGroupSecurityRule(
        name="allow-the-network",
        description="Private endpoints answer the virtual network and what is peered with it",
        priority=100,
        direction="Inbound",
        access="Allow",
        protocol="Tcp",
        source_address_prefix="VirtualNetwork",
        source_port_range="*",
        destination_address_prefix="VirtualNetwork",
        destination_port_ranges=ENDPOINT_PORTS,
    ),
    NetworkSecurityGroupSecurityRule(
        name="deny-all-else",
        description="And nobody else",
        priority=4096,
        direction="Inbound",
        access="Deny",
        protocol="*",
        source_address_prefix="*",
        source_port_range="*",
        destination_address_prefix="*",
        destination_port_range="*",
    ),
]


@dataclass(frozen=True)
class GuardedSubnet:
    """A subnet and the association with its security group, which a workspace asks for."""

    subnet: Subnet
    guarded: SubnetNetworkSecurityGroupAssociation


@dataclass(frozen=True)
class NetworkResources:
    """The network; `public` and `private` are Databricks' names of the two subnets of the compute.

    `way_out` must be there before a workspace is: Azure refuses to change subnets that a workspace is being put in.
    """

    network: VirtualNetwork
    public: GuardedSubnet
    private: GuardedSubnet
    endpoints: GuardedSubnet
    way_out: list[TerraformResource]


def add_network(scope: Construct, environment: Environment, group: ResourceGroup) -> NetworkResources:
    """Add the network, its subnets, each with a security group, and the way out of those of the compute."""
    settings = environment.azure.network
    network = VirtualNetwork(
        scope,
        "network",
        name=azure_name(environment, "virtual network"),
        location=group.location,
        resource_group_name=group.name,
        address_space=[str(settings.address_space)],
        tags=tags(environment),
    )
    public = _add_compute_subnet(scope, environment, group, network, "public", settings.public_subnet)
    private = _add_compute_subnet(scope, environment, group, network, "private", settings.private_subnet)
    endpoints = _add_endpoints_subnet(scope, environment, group, network)
    way_out = add_egress(scope, environment, group, [public.subnet, private.subnet])
    return NetworkResources(network, public, private, endpoints, way_out)


def _add_compute_subnet(
    scope: Construct,
    environment: Environment,
    group: ResourceGroup,
    network: VirtualNetwork,
    which: str,
    addresses: IPv4Network,
) -> GuardedSubnet:
    subnet = Subnet(
        scope,
        f"subnet-{which}",
        name=azure_name(environment, "subnet", which),
        resource_group_name=group.name,
        virtual_network_name=network.name,
        address_prefixes=[str(addresses)],
        delegation=[DELEGATION],
        # Out through the NAT gateway alone, never through an address that Azure lends.
        default_outbound_access_enabled=False,
    )
    # Without rules: Databricks writes those of its compute into it.
    security = NetworkSecurityGroup(
        scope,
        f"security-{which}",
        name=azure_name(environment, "network security group", which),
        location=group.location,
        resource_group_name=group.name,
        tags=tags(environment),
    )
    return _guarded(scope, which, subnet, security)


def _add_endpoints_subnet(
    scope: Construct, environment: Environment, group: ResourceGroup, network: VirtualNetwork
) -> GuardedSubnet:
    subnet = Subnet(
        scope,
        "subnet-endpoints",
        name=azure_name(environment, "subnet", "endpoints"),
        resource_group_name=group.name,
        virtual_network_name=network.name,
        address_prefixes=[str(environment.azure.network.endpoints_subnet)],
        default_outbound_access_enabled=False,
        # Otherwise the security group's rules do not hold for private endpoints.
        private_endpoint_network_policies="NetworkSecurityGroupEnabled",
    )
    security = NetworkSecurityGroup(
        scope,
        "security-endpoints",
        name=azure_name(environment, "network security group", "endpoints"),
        location=group.location,
        resource_group_name=group.name,
        security_rule=ONLY_FROM_WITHIN,
        tags=tags(environment),
    )
    return _guarded(scope, "endpoints", subnet, security)


def _guarded(scope: Construct, which: str, subnet: Subnet, security: NetworkSecurityGroup) -> GuardedSubnet:
    association = SubnetNetworkSecurityGroupAssociation(
        scope, f"security-{which}-subnet", subnet_id=subnet.id, network_security_group_id=security.id
    )
    return GuardedSubnet(subnet, association)
