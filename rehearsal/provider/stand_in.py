"""What both stand-in providers have in common: one client, made when the provider block is configured."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from tf import iface
from tf.utils import Diagnostics

Api = TypeVar("Api")


class StandIn(iface.Provider, Generic[Api]):  # type: ignore[misc]  # the library is untyped here
    """A provider whose resources speak to one service through a client of type `Api`."""

    def __init__(self) -> None:
        self._api: Api | None = None

    @property
    def api(self) -> Api:
        """The client that the provider block configured."""
        if self._api is None:
            raise RuntimeError("the provider is used before it is configured")
        return self._api

    def validate_config(self, diags: Diagnostics, config: dict[str, Any]) -> None:
        """Nothing to say before the configuration is complete."""

    def get_data_sources(self) -> list[type[iface.DataSource]]:
        """None, unless a provider has some."""
        return []
