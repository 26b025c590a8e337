"""The stand-in's provider block and its list of resource types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tf import iface
from tf.schema import Schema
from tf.utils import Diagnostics

from rehearsal.provider import client, schemas, wire
from rehearsal.provider.adapter import adapt
from rehearsal.provider.resources import KINDS
from rehearsal.provider.resources.current_config import CurrentConfig
from rehearsal.provider.stand_in import StandIn

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient  # noqa: F401 - named in quotes: its import takes a while


class DatabricksProvider(StandIn["ApiClient"]):
    """`databricks/databricks` as far as the rehearsal needs it."""

    def not_found(self) -> type[Exception]:
        """What the SDK raises for a 404."""
        from databricks.sdk.errors import NotFound

        return NotFound

    def explained(self, error: Exception) -> tuple[str, str] | None:
        """Databricks' refusals; to them the SDK adds how it is configured, which is not part of the message."""
        from databricks.sdk.errors.base import DatabricksError

        if not isinstance(error, DatabricksError):
            return None
        message, _, configuration = str(error).partition(". Config: ")
        code = f"error_code: {error.error_code or type(error).__name__}"
        return message, f"{code}\n{configuration}".strip()

    def full_name(self) -> str:
        """The provider's source address."""
        return "databricks/databricks"

    def get_model_prefix(self) -> str:
        """What all type names begin with."""
        return "databricks_"

    def get_provider_schema(self, diags: Diagnostics) -> Schema:
        """The provider block's schema."""
        return wire.plain(schemas.load(schemas.PROVIDER))

    def configure_provider(self, diags: Diagnostics, config: dict[str, Any]) -> None:
        """Find host and credentials as the SDK does."""
        try:
            self._api = client.connect(config)
        except ValueError as error:
            diags.add_error("cannot configure the Databricks provider", str(error))

    def get_resources(self) -> list[type[iface.Resource]]:
        """All resource types."""
        return [adapt(kind) for kind in KINDS]

    def get_data_sources(self) -> list[type[iface.DataSource]]:
        """The one that the stacks ask."""
        return [CurrentConfig]
