"""azurerm_resource_group."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rehearsal.provider.azure.fields import At, Field
from rehearsal.provider.azure.places import Group
from rehearsal.provider.azure.resource import LOCATION, TAGS, AzureResource
from rehearsal.provider.kind import Values

if TYPE_CHECKING:
    from rehearsal.provider.azure.client import ArmClient


class ResourceGroup(AzureResource):
    """A resource group."""

    name = "resource_group"
    place = Group()
    fields: ClassVar[dict[str, Field]] = {"location": LOCATION, "managed_by": At("managedBy"), "tags": TAGS}

    def delete(self, api: ArmClient, identifier: str, known: Values) -> None:
        """Delete it unless something is in it that Terraform does not know of, as the real provider's default is."""
        inside = api.get(f"{identifier}/resources")["value"]
        if inside:
            names = ", ".join(resource["id"] for resource in inside)
            raise ValueError(f"the resource group still contains resources: {names}")
        api.delete(identifier)
