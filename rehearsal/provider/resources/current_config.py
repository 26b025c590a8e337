"""The data source databricks_current_config: to whom the provider's block leads, such as which account."""

from __future__ import annotations

from typing import Any

from tf import iface
from tf.schema import Schema

from rehearsal.provider import schemas, wire
from rehearsal.provider.adapter import Connected
from rehearsal.provider.kind import Values
from rehearsal.provider.resources.account_level import account_id

NAME = "data_databricks_current_config"


class CurrentConfig(iface.DataSource):  # type: ignore[misc]  # the library is untyped here
    """What the client was configured with; no request is made."""

    def __init__(self, provider: Connected) -> None:
        self.provider = provider

    @classmethod
    def get_name(cls) -> str:
        """The type's name without the provider's prefix."""
        return "current_config"

    @classmethod
    def get_schema(cls) -> Schema:
        """All is computed, which the bindings do not tell of what could be set as well."""
        block = schemas.load(NAME)
        attributes = {name: {**facts, "computed": True} for name, facts in block["attributes"].items()}
        return wire.plain({**block, "attributes": attributes})

    def read(self, ctx: Any, config: Values) -> Values:
        """Look at the client; a workspace's does not say which account it is of."""
        client, number = self.provider.api._cfg, account_id(self.provider.api)
        return {
            **config,
            "id": "_",
            "account_id": number,
            "auth_type": client.auth_type,
            "cloud_type": "azure",
            "host": client.host,
            "is_account": number is not None,
        }
