"""Associations: resources of Terraform's that are a reference in another resource's document."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rehearsal.provider.kind import Kind, Values

if TYPE_CHECKING:
    from rehearsal.provider.azure.client import ArmClient


class Association(Kind):
    """`owner`'s document refers to `other`, both attributes that are ids."""

    family = "azurerm"
    owner: ClassVar[str]
    other: ClassVar[str]
    property: ClassVar[str]
    many: ClassVar[bool] = False  # the owner refers to a list of them

    def __init__(self) -> None:
        self.force_new = frozenset({self.owner, self.other})

    def create(self, api: ArmClient, wanted: Values) -> str:
        """Refer to it. What refers to another one already is not changed."""
        owner, other = str(wanted[self.owner]), str(wanted[self.other])
        with api.changing:
            document = api.get(owner)
            before = self._referred(document)
            if before and not self.many:
                raise ValueError(f"{owner} refers to {before[0]} already - to be managed via Terraform, import it")
            self._put(api, owner, document, [*before, other])
        return f"{owner}|{other}" if self.many else owner

    def read(self, api: ArmClient, identifier: str, known: Values) -> Values:
        """Both ids. Raises NotFound when the owner refers to it no longer."""
        from rehearsal.provider.azure.client import NotFound

        owner, _, other = identifier.partition("|")
        referred = self._referred(api.get(owner))
        found = next((name for name in referred if not other or name.lower() == other.lower()), None)
        if found is None:
            raise NotFound(404, "ResourceNotFound", f"{owner} has no {self.property}")
        return {self.owner: owner, self.other: found}

    def update(self, api: ArmClient, identifier: str, before: Values, wanted: Values) -> str:
        """Nothing of an association can change."""
        return identifier

    def delete(self, api: ArmClient, identifier: str, known: Values) -> None:
        """Refer to it no longer."""
        owner = identifier.partition("|")[0]
        with api.changing:
            document = api.get(owner)
            gone = str(known[self.other]).lower()
            self._put(api, owner, document, [name for name in self._referred(document) if name.lower() != gone])

    def _referred(self, document: Values) -> list[str]:
        found = document["properties"].get(self.property)
        items = found if isinstance(found, list) else [found] if found else []
        return [str(item["id"]) for item in items]

    def _put(self, api: ArmClient, owner: str, document: Values, referred: list[str]) -> None:
        items = [{"id": name} for name in referred]
        document["properties"].pop(self.property, None)
        if items:
            document["properties"][self.property] = items if self.many else items[0]
        api.put(owner, document)


class SubnetNetworkSecurityGroupAssociation(Association):
    """A subnet's security group."""

    name = "subnet_network_security_group_association"
    owner = "subnet_id"
    other = "network_security_group_id"
    property = "networkSecurityGroup"


class SubnetNatGatewayAssociation(Association):
    """A subnet's NAT gateway."""

    name = "subnet_nat_gateway_association"
    owner = "subnet_id"
    other = "nat_gateway_id"
    property = "natGateway"


class NatGatewayPublicIpAssociation(Association):
    """A NAT gateway's public address."""

    name = "nat_gateway_public_ip_association"
    owner = "nat_gateway_id"
    other = "public_ip_address_id"
    property = "publicIpAddresses"
    many = True
