"""azurerm_private_endpoint: an endpoint, and the group of DNS zones below it that Terraform shows as its block."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rehearsal.provider.azure.fields import At, Block, Field, Local, reference
from rehearsal.provider.azure.places import InGroup
from rehearsal.provider.azure.resource import LOCATION, TAGS, AzureResource
from rehearsal.provider.kind import Values

if TYPE_CHECKING:
    from rehearsal.provider.azure.client import ArmClient


class PrivateEndpoint(AzureResource):
    """A private address of somebody else's resource."""

    name = "private_endpoint"
    place = InGroup("Microsoft.Network/privateEndpoints")
    force_new = frozenset({"subnet_id", "private_service_connection", "custom_network_interface_name"})
    fields: ClassVar[dict[str, Field]] = {
        "location": LOCATION,
        "tags": TAGS,
        "subnet_id": reference("properties.subnet"),
        "custom_network_interface_name": At("properties.customNetworkInterfaceName"),
        "private_service_connection": Block(
            "properties.privateLinkServiceConnections",
            {
                "name": At("name"),
                "private_connection_resource_id": At("properties.privateLinkServiceId"),
                "subresource_names": At("properties.groupIds"),
                "is_manual_connection": Local(),
                "private_ip_address": Local(),
            },
            many=True,
        ),
        "private_dns_zone_group": Block("", {"name": Local(), "private_dns_zone_ids": Local(), "id": Local()}),
    }

    def create(self, api: ArmClient, wanted: Values) -> str:
        """Create it; a connection that somebody has to approve is not for the local Azure."""
        if any(connection["is_manual_connection"] for connection in wanted["private_service_connection"]):
            raise ValueError("the stand-in does not know private_service_connection.is_manual_connection = true")
        return super().create(api, wanted)

    def finish(self, api: ArmClient, identifier: str, wanted: Values) -> None:
        """Create the group of zones."""
        self._put_zones(api, identifier, wanted)

    def read(self, api: ArmClient, identifier: str, known: Values) -> Values:
        """The endpoint, its address, its zones."""
        found = super().read(api, identifier, known)
        configs = api.get(identifier)["properties"].get("customDnsConfigs") or []
        for connection in found["private_service_connection"]:
            connection["is_manual_connection"] = False
            connection["private_ip_address"] = configs[0]["ipAddresses"][0] if configs else None
        groups = api.get(f"{identifier}/privateDnsZoneGroups")["value"]
        found["private_dns_zone_group"] = [
            {
                "id": group["id"],
                "name": group["name"],
                "private_dns_zone_ids": [
                    config["properties"]["privateDnsZoneId"] for config in group["properties"]["privateDnsZoneConfigs"]
                ],
            }
            for group in groups
        ]
        return found

    def update(self, api: ArmClient, identifier: str, before: Values, wanted: Values) -> str:
        """Change tags, and the group of zones where it differs."""
        super().update(api, identifier, before, wanted)
        if _zones(before) != _zones(wanted):
            for group in before["private_dns_zone_group"]:
                api.delete(f"{identifier}/privateDnsZoneGroups/{group['name']}")
            self._put_zones(api, identifier, wanted)
        return identifier

    def write(self, api: ArmClient, wanted: Values, document: Values) -> None:
        """The endpoint's own document; the zones have one of their own."""
        super().write(api, {**wanted, "private_dns_zone_group": []}, document)

    def _put_zones(self, api: ArmClient, identifier: str, wanted: Values) -> None:
        for group in wanted["private_dns_zone_group"]:
            configs = [
                {"name": zone.rpartition("/")[2].replace(".", "-"), "properties": {"privateDnsZoneId": zone}}
                for zone in group["private_dns_zone_ids"]
            ]
            path = f"{identifier}/privateDnsZoneGroups/{group['name']}"
            api.put(path, {"properties": {"privateDnsZoneConfigs": configs}})


def _zones(values: Values) -> list[tuple[str, list[str]]]:
    return [(group["name"], group["private_dns_zone_ids"]) for group in values["private_dns_zone_group"]]
