"""What all environments share in the Databricks account.

Groups of people, service principals, budget policies, who may use these, and networks of serverless compute.
"""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import TerraformOutput, TerraformStack
from cdktf_cdktf_provider_databricks.access_control_rule_set import (
    AccessControlRuleSet,
    AccessControlRuleSetGrantRules,
)
from cdktf_cdktf_provider_databricks.budget_policy import BudgetPolicy, BudgetPolicyCustomTags
from cdktf_cdktf_provider_databricks.data_databricks_current_config import DataDatabricksCurrentConfig
from cdktf_cdktf_provider_databricks.group import Group
from cdktf_cdktf_provider_databricks.service_principal import ServicePrincipal
from constructs import Construct

from environments import names
from environments.settings import Account, Environment
from infra import outputs
from infra.access import Kind
from infra.account_access import account_access
from infra.azure.serverless import add_serverless_network
from infra.databricks import add_databricks
from infra.resources.protection import protection
from infra.state import add_backend
from infra.tags import tags


class AccountStack(TerraformStack):
    """The account's stack."""

    def __init__(self, app: Construct, account: Account, environments: Sequence[Environment]) -> None:
        super().__init__(app, outputs.ACCOUNT)
        add_backend(self, outputs.ACCOUNT, account.state)
        add_databricks(self, account.profile)

        used = {name for environment in environments for name in environment.groups.model_dump().values()}
        groups = {name: Group(self, f"group-{name}", display_name=name) for name in sorted(used)}
        principals = {environment.name: self._service_principal(environment) for environment in environments}
        networks = {environment.name: add_serverless_network(self, environment) for environment in environments}
        policies = {environment.name: self._budget_policy(environment) for environment in environments}
        self._account = DataDatabricksCurrentConfig(self, "account")  # the one that the profile leads to
        self._groups = groups
        for environment in environments:
            principal, policy = principals[environment.name], policies[environment.name]
            self._roles(environment, "service_principal", f"servicePrincipals/{principal.application_id}")
            self._roles(environment, "budget_policy", f"budgetPolicies/{policy.policy_id}")

        TerraformOutput(self, outputs.GROUP_IDS, value={name: group.id for name, group in groups.items()})
        TerraformOutput(
            self,
            outputs.SERVICE_PRINCIPALS,
            value={
                name: {"id": principal.id, "application_id": principal.application_id}
                for name, principal in principals.items()
            },
        )
        TerraformOutput(
            self, outputs.BUDGET_POLICY_IDS, value={name: policy.policy_id for name, policy in policies.items()}
        )
        TerraformOutput(
            self,
            outputs.SERVERLESS_NETWORK_IDS,
            value={name: network.network_connectivity_config_id for name, network in networks.items()},
        )

    def _service_principal(self, environment: Environment) -> ServicePrincipal:
        return ServicePrincipal(
            self,
            f"jobs-{environment.name}",
            display_name=names.service_principal(environment),
            lifecycle=protection(environment),
        )

    def _budget_policy(self, environment: Environment) -> BudgetPolicy:
        """Serverless compute has no tags of its own: whoever runs under the policy is billed with the policy's."""
        return BudgetPolicy(
            self,
            f"budget-{environment.name}",
            policy_name=names.budget_policy(environment),
            custom_tags=[BudgetPolicyCustomTags(key=key, value=value) for key, value in tags(environment).items()],
        )

    def _roles(self, environment: Environment, kind: Kind, path: str) -> None:
        """Let those use it whom the access matrix names, and nobody else but administrators of the account."""
        grants = [grant for grant in account_access(environment) if grant.kind == kind]
        AccessControlRuleSet(
            self,
            f"{kind.replace('_', '-')}-roles-{environment.name}",
            name=f"accounts/{self._account.account_id}/{path}/ruleSets/default",
            grant_rules=[
                AccessControlRuleSetGrantRules(role=f"roles/{role}", principals=[f"groups/{grant.principal}"])
                for grant in grants
                for role in grant.privileges
            ],
            depends_on=[self._groups[grant.principal] for grant in grants],
        )
