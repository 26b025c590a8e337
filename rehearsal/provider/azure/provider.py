"""The stand-in's provider block and its list of resource types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tf import iface
from tf.schema import Schema
from tf.utils import Diagnostics

from rehearsal.provider import schemas, wire
from rehearsal.provider.adapter import adapt
from rehearsal.provider.azure.resources import KINDS
from rehearsal.provider.stand_in import StandIn

if TYPE_CHECKING:
    from rehearsal.provider.azure.client import ArmClient  # noqa: F401 - named in quotes: its import takes a while


class AzurermProvider(StandIn["ArmClient"]):
    """`hashicorp/azurerm` as far as the rehearsal needs it."""

    def not_found(self) -> type[Exception]:
        """What the client raises for a 404."""
        from rehearsal.provider.azure.client import NotFound

        return NotFound

    def explained(self, error: Exception) -> tuple[str, str] | None:
        """Azure's refusals."""
        from rehearsal.provider.azure.client import ArmError

        return (str(error), f"{error.code} ({error.status})") if isinstance(error, ArmError) else None

    def full_name(self) -> str:
        """The provider's source address."""
        return "hashicorp/azurerm"

    def get_model_prefix(self) -> str:
        """What all type names begin with."""
        return "azurerm_"

    def get_provider_schema(self, diags: Diagnostics) -> Schema:
        """The provider block's schema."""
        return wire.plain(schemas.load(schemas.PROVIDER, "azurerm"))

    def configure_provider(self, diags: Diagnostics, config: dict[str, Any]) -> None:
        """Find the cloud and the credentials as the real provider does."""
        from rehearsal.provider.azure import client

        try:
            self._api = client.connect(config)
        except ValueError as error:
            diags.add_error("cannot configure the Azure provider", str(error))

    def get_resources(self) -> list[type[iface.Resource]]:
        """All resource types."""
        return [adapt(kind) for kind in KINDS]
