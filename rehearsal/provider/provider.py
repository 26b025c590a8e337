"""The stand-in's provider block and its list of resource types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tf import iface
from tf.schema import Schema
from tf.utils import Diagnostics

from rehearsal.provider import client, schemas, wire
from rehearsal.provider.adapter import adapt
from rehearsal.provider.resources import KINDS

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient


class DatabricksProvider(iface.Provider):  # type: ignore[misc]  # the library is untyped here
    """`databricks/databricks` as far as the rehearsal needs it."""

    def __init__(self) -> None:
        self._api: ApiClient | None = None

    @property
    def api(self) -> ApiClient:
        """The client that the provider block configured."""
        if self._api is None:
            raise RuntimeError("the provider is used before it is configured")
        return self._api

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

    def validate_config(self, diags: Diagnostics, config: dict[str, Any]) -> None:
        """Nothing to say before the configuration is complete."""

    def configure_provider(self, diags: Diagnostics, config: dict[str, Any]) -> None:
        """Find host and credentials as the SDK does."""
        try:
            self._api = client.connect(config)
        except ValueError as error:
            diags.add_error("cannot configure the Databricks provider", str(error))

    def get_data_sources(self) -> list[type[iface.DataSource]]:
        """None: the stacks look nothing up."""
        return []

    def get_resources(self) -> list[type[iface.Resource]]:
        """All resource types."""
        return [adapt(kind) for kind in KINDS]
