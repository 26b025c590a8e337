"""Microsoft.Network: what holds a workspace's compute and its private endpoints. No packet moves."""

from __future__ import annotations

import ipaddress
import uuid

from rehearsal.workspace.arm import ids, resources
from rehearsal.workspace.arm.errors import conflict, invalid
from rehearsal.workspace.arm.resources import Change, ResourceType
from rehearsal.workspace.store import Body, Transaction

SUBNET = "Microsoft.Network/virtualNetworks/subnets"


def _settle_network(change: Change) -> None:
    """Subnets are resources of their own; those that a put repeats stay as they are."""
    for subnet in change.properties.pop("subnets", []):
        if resources.find(change.tx, f"{change.id.text}/subnets/{subnet.get('name')}") is None:
            message = f"Subnet '{subnet.get('name')}': the local Azure makes subnets by requests of their own only."
            raise invalid(message, "NotEmulated")
    change.kept("resourceGuid", str(uuid.uuid4()))


def _show_network(tx: Transaction, body: Body) -> Body:
    subnets = resources.within(tx, body["id"], SUBNET)
    return {**body, "properties": {**body["properties"], "subnets": subnets}}


def _settle_subnet(change: Change) -> None:
    """A subnet lies within its network and apart from the others; what Databricks uses keeps its addresses."""
    network = resources.existing(change.tx, ids.parse(change.id.parent))
    spaces = [ipaddress.ip_network(text) for text in network["properties"]["addressSpace"]["addressPrefixes"]]
    for prefix in _prefixes(change.after):
        if not any(prefix.version == space.version and prefix.subnet_of(space) for space in spaces):  # type: ignore[arg-type]
            raise invalid(f"Subnet '{change.id.name}' is not valid in its virtual network.", "NetcfgInvalidSubnet")
        for other in resources.within(change.tx, change.id.parent, SUBNET):
            if other["id"].lower() != change.id.key and any(prefix.overlaps(taken) for taken in _prefixes(other)):
                message = f"Subnet '{change.id.name}' is not valid because its IP address range overlaps with that of"
                raise invalid(
                    f"{message} an existing subnet in virtual network '{network['name']}'.", "NetcfgSubnetRangesOverlap"
                )
    for delegation in change.properties.get("delegations", []):
        delegation.setdefault("properties", {}).setdefault("provisioningState", "Succeeded")


def _prefixes(subnet: Body) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    properties = subnet["properties"]
    texts = properties.get("addressPrefixes") or [properties.get("addressPrefix")]
    try:
        return [ipaddress.ip_network(text) for text in texts]
    except ValueError as error:
        raise invalid(f"Subnet '{subnet['name']}': {error}", "InvalidAddressPrefixFormat") from error


def _settle_gateway(change: Change) -> None:
    change.kept("resourceGuid", str(uuid.uuid4()))


def _settle_public_address(change: Change) -> None:
    """A static address is given at once and kept; 203.0.113.0/24 is the block that documents may show."""
    change.kept("ipAddress", f"203.0.113.{change.tx.next_id('arm_public_address') % 254 + 1}")


def _settle_endpoint(change: Change) -> None:
    """An endpoint takes the next address of its subnet; its connection is approved, being within one tenant."""
    subnet_id = change.properties["subnet"]["id"]
    subnet = resources.existing(change.tx, ids.parse(subnet_id))
    if subnet["properties"].get("delegations"):
        message = f"Subnet {subnet_id} is delegated to a service; private endpoints need a subnet that is not."
        raise conflict(message, "SubnetHasDelegations")
    hosts = list(_prefixes(subnet)[0].hosts())
    address = str(hosts[(3 + change.tx.next_id("arm_private_address")) % len(hosts)])
    connections = change.properties.get("privateLinkServiceConnections", [])
    for connection in connections:
        connection["properties"].setdefault("privateLinkServiceConnectionState", {"status": "Approved"})
    change.kept("customDnsConfigs", [{"fqdn": "", "ipAddresses": [address]}])
    change.kept("networkInterfaces", [])


TYPES = (
    ResourceType(
        "Microsoft.Network/virtualNetworks",
        settle=_settle_network,
        show=_show_network,
        in_use="InUseVirtualNetworkCannotBeDeleted",
    ),
    ResourceType(SUBNET, settle=_settle_subnet, in_use="InUseSubnetCannotBeDeleted"),
    ResourceType("Microsoft.Network/networkSecurityGroups", in_use="InUseNetworkSecurityGroupCannotBeDeleted"),
    ResourceType(
        "Microsoft.Network/publicIPAddresses", settle=_settle_public_address, in_use="PublicIPAddressCannotBeDeleted"
    ),
    ResourceType("Microsoft.Network/natGateways", settle=_settle_gateway, in_use="InUseNatGatewayCannotBeDeleted"),
    ResourceType("Microsoft.Network/privateDnsZones", nested_must_go=True, in_use="InUsePrivateDnsZoneCannotBeDeleted"),
    ResourceType("Microsoft.Network/privateDnsZones/virtualNetworkLinks"),
    ResourceType("Microsoft.Network/privateEndpoints", settle=_settle_endpoint),
    ResourceType("Microsoft.Network/privateEndpoints/privateDnsZoneGroups"),
)
