"""Settings of what lies around a workspace on Azure: where it is, its network, and where Terraform keeps its state."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from environments.strict import Strict, Uuid
from environments.validation_errors import CrossCheck, CrossCheckError

# Names that are unique in all of Azure, so they are set, not derived.
StorageAccountName = Annotated[
    str, Field(pattern=r"^[a-z0-9]{3,24}$", description="3 to 24 lower-case letters and digits")
]
KeyVaultName = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9-]{1,22}[a-z0-9]$", description="3 to 24 lower-case letters, digits and -")
]
# Databricks takes subnets from /26 (few nodes) on; smaller ones it refuses.
SMALLEST_SUBNET = 26


def _network(text: object) -> object:
    """The addresses that a text such as `10.0.0.0/16` means. Raises CrossCheckError."""
    if not isinstance(text, str):
        return text
    try:
        return IPv4Network(text)
    except ValueError as error:
        expected = "a range of IPv4 addresses such as 10.0.0.0/16, without host bits"
        raise CrossCheckError([CrossCheck((), repr(text), expected)]) from error


Cidr = Annotated[IPv4Network, BeforeValidator(_network)]


class Network(Strict):
    """The workspace's virtual network: two subnets for the compute, one for private endpoints."""

    address_space: Cidr
    public_subnet: Cidr = Field(description="hosts of the compute; no public address for all its name")
    private_subnet: Cidr = Field(description="containers of the compute")
    endpoints_subnet: Cidr

    def cross_checks(self) -> Iterator[CrossCheck]:
        """The subnets are within the address space, do not overlap, and are large enough for the compute."""
        subnets = {name: getattr(self, name) for name in ("public_subnet", "private_subnet", "endpoints_subnet")}
        for name, subnet in subnets.items():
            if not subnet.subnet_of(self.address_space):
                yield CrossCheck((name,), str(subnet), f"a part of the address space {self.address_space}")
            for other, another in subnets.items():
                if other < name and subnet.overlaps(another):
                    yield CrossCheck((name,), str(subnet), f"addresses that {other} ({another}) does not have")
            if name != "endpoints_subnet" and subnet.prefixlen > SMALLEST_SUBNET:
                yield CrossCheck((name,), str(subnet), f"/{SMALLEST_SUBNET} or larger")


class Azure(Strict):
    """Where on Azure the workspace is, and what stands around it."""

    subscription_id: Uuid
    tenant_id: Uuid
    location: Annotated[str, Field(pattern=r"^[a-z0-9]+$", description="an Azure region such as westeurope")]
    storage_account: StorageAccountName
    key_vault: KeyVaultName
    network: Network
    public_workspace_access: bool = Field(
        description="may the workspace's pages and API be reached from outside the private network"
    )
    log_retention_days: Annotated[int, Field(ge=30, le=730)]


class AzureState(Strict):
    """Terraform's state in a container of an Azure storage account, one blob a stack."""

    backend: Literal["azurerm"]
    resource_group: str
    storage_account: StorageAccountName
    container: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{2,62}$")]


class LocalState(Strict):
    """Terraform's state in files of a folder, one a stack; for one person's trials."""

    backend: Literal["local"]
    folder: str = Field(description="relative to the repository's root, or absolute")


State = Annotated[AzureState | LocalState, Field(discriminator="backend")]
