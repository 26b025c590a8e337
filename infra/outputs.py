"""What one stack tells another: the stacks' names, their outputs' names, and how an output is read."""

from __future__ import annotations

from cdktf import Fn, TerraformRemoteState, Token
from constructs import Construct

from environments.azure import State
from environments.settings import Environment
from infra.state import read_state

ACCOUNT = "account"

# Of the account's stack; mappings by name of group or environment.
GROUP_IDS = "group_ids"
SERVICE_PRINCIPALS = "service_principals"
BUDGET_POLICY_IDS = "budget_policy_ids"
SERVERLESS_NETWORK_IDS = "serverless_network_ids"

# Of a workspace's stack; the last two are mappings by name of model.
WORKSPACE_URL = "workspace_url"
WORKSPACE_ID = "workspace_id"
ACCESS_CONNECTOR_ID = "access_connector_id"
STORAGE_URL = "storage_url"
KEY_VAULT_ID = "key_vault_id"
KEY_VAULT_URI = "key_vault_uri"
RETRAIN_URLS = "retrain_urls"
RETRAIN_PRINCIPALS = "retrain_principals"


def workspace_stack(environment: Environment) -> str:
    """Name of the stack that makes the environment's workspace."""
    return f"{environment.name}-workspace"


class Outputs:
    """Outputs of a stack that is deployed already; values are Terraform references, known when it runs."""

    def __init__(self, scope: Construct, stack_name: str, state: State) -> None:
        self._state: TerraformRemoteState = read_state(scope, stack_name, state)

    def text(self, output: str, *keys: str) -> str:
        """An output, or what a mapping has at the keys."""
        if not keys:
            return self._state.get_string(output)
        return Token.as_string(Fn.lookup_nested(self._state.get(output), list(keys)))

    def number(self, output: str, *keys: str) -> float:
        """The same, where the reader takes numbers."""
        return Token.as_number(self.text(output, *keys))
