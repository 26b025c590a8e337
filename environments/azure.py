"""Settings of what lies around a workspace on Azure: where it is, its network, and where Terraform keeps its state."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from environments.strict import NonEmpty, Strict, Text, Uuid
from environments.validation_errors import CrossCheck, CrossCheckError, told

# Names that are unique in all of Azure, so they are set, not derived.
StorageAccountName = Annotated[str, Text("3 to 24 lower-case letters and digits", pattern=r"[a-z0-9]{3,24}")]
KeyVaultName = Annotated[
    str,
    Text(
        "3 to 24 lower-case letters, digits and single hyphens, a letter first",
        pattern=r"(?=.{3,24}$)[a-z](-?[a-z0-9])+",
    ),
]
ContainerName = Annotated[
    str, Text("3 to 63 lower-case letters, digits and single hyphens", pattern=r"(?=.{3,63}$)[a-z0-9](-?[a-z0-9])+")
]
ResourceGroupName = Annotated[
    str, Text("1 to 90 letters, digits and _ - . ( ), no dot last", pattern=r"[\w().-]{0,89}[\w()-]")
]
Location = Annotated[str, Text("an Azure region such as westeurope", pattern=r"[a-z]+[0-9]?")]
# Databricks takes subnets from /26 (few nodes) on; smaller ones it refuses.
SMALLEST_SUBNET = 26
# Azure keeps five addresses of a subnet for itself; /29 is the smallest that it makes.
SMALLEST_OF_AZURE = 29
SUBNETS = ("public_subnet", "private_subnet", "endpoints_subnet")


def _network(value: Any) -> IPv4Network:
    """The addresses that a text such as `10.0.0.0/16` means. Raises CrossCheckError."""
    try:
        if isinstance(value, str) and "/" in value:
            return IPv4Network(value)
    except ValueError:
        pass
    raise CrossCheckError([CrossCheck((), told(value), NETWORK.meaning)])


NETWORK = Text("a range of IPv4 addresses such as 10.0.0.0/16, without host bits")


class _Network(BeforeValidator):
    """Reads addresses; says what they must be, as Text does."""

    meaning = NETWORK.meaning


Cidr = Annotated[IPv4Network, _Network(_network)]


class Network(Strict):
    """The workspace's virtual network: two subnets for the compute, one for private endpoints."""

    address_space: Cidr = Field(description="all addresses of the network; no other environment has any of them")
    public_subnet: Cidr = Field(description="hosts of the compute; despite its name it has no public addresses")
    private_subnet: Cidr = Field(description="containers of the compute")
    endpoints_subnet: Cidr = Field(description="private endpoints of the workspace, its storage and its key vault")

    def cross_checks(self) -> Iterator[CrossCheck]:
        """The subnets are within the address space, do not overlap, and are large enough."""
        subnets = {name: getattr(self, name) for name in SUBNETS}
        before: dict[str, IPv4Network] = {}
        for name, subnet in subnets.items():
            if not subnet.subnet_of(self.address_space):
                yield CrossCheck((name,), str(subnet), f"a part of the address space {self.address_space}")
            for other, another in before.items():
                if subnet.overlaps(another):
                    yield CrossCheck((name,), str(subnet), f"addresses that {other} ({another}) does not have")
            before[name] = subnet
            smallest = SMALLEST_OF_AZURE if name == "endpoints_subnet" else SMALLEST_SUBNET
            if subnet.prefixlen > smallest:
                yield CrossCheck((name,), str(subnet), f"/{smallest} or larger")


class Azure(Strict):
    """Where on Azure the workspace is, and what stands around it."""

    subscription_id: Uuid = Field(description="subscription that everything around the workspace is made in")
    tenant_id: Uuid = Field(description="directory of the people and identities; the same for all environments")
    location: Location = Field(description="Azure region; the metastore's, so the same for all environments")
    storage_account: StorageAccountName = Field(description="account of the catalog's data; unique in all of Azure")
    key_vault: KeyVaultName = Field(description="vault of the environment's secrets; unique in all of Azure")
    network: Network = Field(description="addresses of the workspace's own virtual network")
    public_workspace_access: bool = Field(
        description="may the workspace's pages and API be reached from outside the private network"
    )
    log_retention_days: Annotated[int, Field(ge=30, le=730)] = Field(
        description="how long Log Analytics keeps the workspace's diagnostic logs"
    )


class AzureState(Strict):
    """Terraform's state in a container of an Azure storage account, one blob a stack."""

    backend: Literal["azurerm"] = Field(description="an Azure storage account, for all that is shared")
    resource_group: ResourceGroupName = Field(description="resource group of the storage account")
    storage_account: StorageAccountName = Field(
        description="account that holds the states; made by hand, before any stack, and no environment's own"
    )
    container: ContainerName = Field(description="container of the blobs, which are named `<stack>.tfstate`")


class LocalState(Strict):
    """Terraform's state in files of a folder, one a stack; for one person's trials."""

    backend: Literal["local"] = Field(description="files of this machine, for trials")
    folder: NonEmpty = Field(description="relative to the repository's root, or absolute")


State = Annotated[AzureState | LocalState, Field(discriminator="backend")]
