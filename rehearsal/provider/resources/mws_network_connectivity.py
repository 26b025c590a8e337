"""databricks_mws_network_connectivity_config, databricks_mws_ncc_private_endpoint_rule, databricks_mws_ncc_binding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider import values
from rehearsal.provider.kind import Kind, Values
from rehearsal.provider.resources.account_level import account_path

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

CONFIGS = "network-connectivity-configs"


class MwsNetworkConnectivityConfig(Kind):
    """A configuration. Its id is the account's and its own, joined by a slash."""

    name = "mws_network_connectivity_config"
    computed = frozenset({"account_id", "network_connectivity_config_id", "creation_time", "updated_time"})
    force_new = frozenset({"name", "region"})
    quiet = frozenset({"egress_config"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create it."""
        answer = api.do("POST", account_path(api, CONFIGS), body=self.document(wanted, "name", "region"))
        assert isinstance(answer, dict)
        return f"{answer['account_id']}/{answer['network_connectivity_config_id']}"

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The configuration."""
        answer = api.do("GET", account_path(api, f"{CONFIGS}/{identifier.partition('/')[2]}"))
        assert isinstance(answer, dict)
        return values.shaped(self.block, answer)

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Nothing of it can change."""
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete it."""
        api.do("DELETE", account_path(api, f"{CONFIGS}/{identifier.partition('/')[2]}"))


class MwsNccPrivateEndpointRule(Kind):
    """A private endpoint. Its id is the configuration's and its own, joined by a slash."""

    name = "mws_ncc_private_endpoint_rule"
    computed = frozenset(
        {"rule_id", "endpoint_name", "connection_state", "creation_time", "updated_time", "vpc_endpoint_id"}
        | {"account_id", "deactivated", "deactivated_at", "enabled"}
    )
    force_new = frozenset({"network_connectivity_config_id", "resource_id", "group_id", "endpoint_service"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create it; the resource's owner approves it."""
        config = wanted["network_connectivity_config_id"]
        path = account_path(api, f"{CONFIGS}/{config}/private-endpoint-rules")
        answer = api.do("POST", path, body=self.document(wanted, "resource_id", "group_id"))
        assert isinstance(answer, dict)
        return f"{config}/{answer['rule_id']}"

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The rule."""
        answer = api.do("GET", _rule(api, identifier))
        assert isinstance(answer, dict)
        return values.shaped(self.block, answer)

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Nothing of it can change on Azure."""
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete it."""
        api.do("DELETE", _rule(api, identifier))


class MwsNccBinding(Kind):
    """A workspace that uses a configuration. As with the real provider, it is neither read nor taken away."""

    name = "mws_ncc_binding"
    force_new = frozenset({"workspace_id"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Let the workspace use it."""
        self._bind(api, wanted)
        return f"{wanted['workspace_id']}/{wanted['network_connectivity_config_id']}"

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """What is known; the real provider does not look either."""
        workspace_id, _, config = identifier.partition("/")
        return {"workspace_id": int(workspace_id), "network_connectivity_config_id": config}

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Let the workspace use another one."""
        return self.create(api, wanted)

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """A binding goes with its workspace only."""

    def _bind(self, api: ApiClient, wanted: Values) -> None:
        body = {"network_connectivity_config_id": wanted["network_connectivity_config_id"]}
        path = account_path(api, f"workspaces/{wanted['workspace_id']}")
        api.do("PATCH", path, query={"update_mask": "network_connectivity_config_id"}, body=body)


def _rule(api: ApiClient, identifier: str) -> str:
    config, _, rule = identifier.partition("/")
    return account_path(api, f"{CONFIGS}/{config}/private-endpoint-rules/{rule}")
