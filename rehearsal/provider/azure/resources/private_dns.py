"""Private DNS zones and the networks that ask them."""

from __future__ import annotations

from typing import ClassVar

from rehearsal.provider.azure.fields import At, Field, Out, reference
from rehearsal.provider.azure.places import InGroup
from rehearsal.provider.azure.resource import TAGS, AzureResource
from rehearsal.provider.kind import Values

ZONE = "Microsoft.Network/privateDnsZones"


class PrivateDnsZone(AzureResource):
    """A zone. It is in no region."""

    name = "private_dns_zone"
    place = InGroup(ZONE)
    fixed: ClassVar[Values] = {"location": "global", "properties": {}}
    quiet = frozenset({"soa_record"})
    fields: ClassVar[dict[str, Field]] = {
        "tags": TAGS,
        "number_of_record_sets": Out("properties.numberOfRecordSets"),
        "max_number_of_record_sets": Out("properties.maxNumberOfRecordSets"),
        "max_number_of_virtual_network_links": Out("properties.maxNumberOfVirtualNetworkLinks"),
        "max_number_of_virtual_network_links_with_registration": Out(
            "properties.maxNumberOfVirtualNetworkLinksWithRegistration"
        ),
    }


class PrivateDnsZoneVirtualNetworkLink(AzureResource):
    """A network that asks the zone."""

    name = "private_dns_zone_virtual_network_link"
    place = InGroup(f"{ZONE}/virtualNetworkLinks", outer=("private_dns_zone_name",))
    fixed: ClassVar[Values] = {"location": "global"}
    force_new = frozenset({"virtual_network_id"})
    computed = frozenset({"resolution_policy"})
    defaults: ClassVar[Values] = {"registration_enabled": False}
    fields: ClassVar[dict[str, Field]] = {
        "tags": TAGS,
        "virtual_network_id": reference("properties.virtualNetwork"),
        "registration_enabled": At("properties.registrationEnabled"),
        "resolution_policy": At("properties.resolutionPolicy"),
    }
