"""Virtual networks, subnets, security groups, and the way out."""

from __future__ import annotations

from typing import ClassVar

from rehearsal.provider.azure.fields import At, Block, Field, Out, flag
from rehearsal.provider.azure.places import InGroup
from rehearsal.provider.azure.resource import LOCATION, TAGS, AzureResource
from rehearsal.provider.kind import Values


class VirtualNetwork(AzureResource):
    """A virtual network; its subnets are resources of their own."""

    name = "virtual_network"
    place = InGroup("Microsoft.Network/virtualNetworks")
    computed = frozenset({"dns_servers"})
    defaults: ClassVar[Values] = {"private_endpoint_vnet_policies": "Disabled"}
    fields: ClassVar[dict[str, Field]] = {
        "location": LOCATION,
        "tags": TAGS,
        "address_space": At("properties.addressSpace.addressPrefixes"),
        "dns_servers": At("properties.dhcpOptions.dnsServers"),
        "flow_timeout_in_minutes": At("properties.flowTimeoutInMinutes"),
        "private_endpoint_vnet_policies": At("properties.privateEndpointVNetPolicies"),
        "guid": Out("properties.resourceGuid"),
    }


class Subnet(AzureResource):
    """A part of a virtual network. Its security group and NAT gateway are associations."""

    name = "subnet"
    place = InGroup("Microsoft.Network/virtualNetworks/subnets", outer=("virtual_network_name",))
    defaults: ClassVar[Values] = {
        "default_outbound_access_enabled": True,
        "private_endpoint_network_policies": "Disabled",
        "private_link_service_network_policies_enabled": True,
    }
    fields: ClassVar[dict[str, Field]] = {
        "address_prefixes": At("properties.addressPrefixes"),
        "default_outbound_access_enabled": At("properties.defaultOutboundAccess"),
        "private_endpoint_network_policies": At("properties.privateEndpointNetworkPolicies"),
        "private_link_service_network_policies_enabled": flag("properties.privateLinkServiceNetworkPolicies"),
        "service_endpoints": At(
            "properties.serviceEndpoints",
            lambda names: [{"service": name} for name in names],
            lambda items: [item["service"] for item in items],
        ),
        "delegation": Block(
            "properties.delegations",
            {
                "name": At("name"),
                "service_delegation": Block("properties", {"name": At("serviceName"), "actions": At("actions")}),
            },
            many=True,
        ),
    }


class NetworkSecurityGroup(AzureResource):
    """Rules of what may pass."""

    name = "network_security_group"
    place = InGroup("Microsoft.Network/networkSecurityGroups")
    quiet = frozenset({"security_rule"})
    fields: ClassVar[dict[str, Field]] = {
        "location": LOCATION,
        "tags": TAGS,
        "security_rule": Block(
            "properties.securityRules",
            {
                "name": At("name"),
                "description": At("properties.description"),
                "protocol": At("properties.protocol"),
                "access": At("properties.access"),
                "priority": At("properties.priority"),
                "direction": At("properties.direction"),
                "source_port_range": At("properties.sourcePortRange"),
                "source_port_ranges": At("properties.sourcePortRanges"),
                "source_address_prefix": At("properties.sourceAddressPrefix"),
                "source_address_prefixes": At("properties.sourceAddressPrefixes"),
                "destination_port_range": At("properties.destinationPortRange"),
                "destination_port_ranges": At("properties.destinationPortRanges"),
                "destination_address_prefix": At("properties.destinationAddressPrefix"),
                "destination_address_prefixes": At("properties.destinationAddressPrefixes"),
            },
            many=True,
        ),
    }


class PublicIp(AzureResource):
    """A public address."""

    name = "public_ip"
    place = InGroup("Microsoft.Network/publicIPAddresses")
    force_new = frozenset({"sku", "sku_tier", "ip_version", "zones"})
    defaults: ClassVar[Values] = {
        "sku": "Standard",
        "sku_tier": "Regional",
        "ip_version": "IPv4",
        "idle_timeout_in_minutes": 4,
        "ddos_protection_mode": "VirtualNetworkInherited",
    }
    fields: ClassVar[dict[str, Field]] = {
        "location": LOCATION,
        "tags": TAGS,
        "zones": At("zones"),
        "allocation_method": At("properties.publicIPAllocationMethod"),
        "sku": At("sku.name"),
        "sku_tier": At("sku.tier"),
        "ip_version": At("properties.publicIPAddressVersion"),
        "idle_timeout_in_minutes": At("properties.idleTimeoutInMinutes"),
        "ddos_protection_mode": At("properties.ddosSettings.protectionMode"),
        "domain_name_label": At("properties.dnsSettings.domainNameLabel"),
        "fqdn": Out("properties.dnsSettings.fqdn"),
        "ip_address": Out("properties.ipAddress"),
    }


class NatGateway(AzureResource):
    """The way out of subnets whose hosts have no public address."""

    name = "nat_gateway"
    place = InGroup("Microsoft.Network/natGateways")
    force_new = frozenset({"sku_name", "zones"})
    defaults: ClassVar[Values] = {"sku_name": "Standard", "idle_timeout_in_minutes": 4}
    fields: ClassVar[dict[str, Field]] = {
        "location": LOCATION,
        "tags": TAGS,
        "zones": At("zones"),
        "sku_name": At("sku.name"),
        "idle_timeout_in_minutes": At("properties.idleTimeoutInMinutes"),
        "resource_guid": Out("properties.resourceGuid"),
    }
