"""The account's API by the stock client: who may enter which workspace, the metastore, budget policies, networks."""

from __future__ import annotations

import pytest
from databricks.sdk import AccountClient
from databricks.sdk.core import Config
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.billing import BudgetPolicy
from databricks.sdk.service.catalog import CreateMetastoreAssignment, UpdateMetastoreAssignment
from databricks.sdk.service.compute import CustomPolicyTag
from databricks.sdk.service.iam import ComplexValue, GrantRule, RuleSetUpdateRequest, WorkspacePermission
from databricks.sdk.service.jobs import JobSettings
from databricks.sdk.service.provisioning import Workspace
from databricks.sdk.service.settings import CreateNetworkConnectivityConfiguration, CreatePrivateEndpointRule

from tests.workspace.azure_support import SUBSCRIPTION, sign_in
from tests.workspace.conftest import People, Server


@pytest.fixture(scope="module")
def account(server: Server) -> AccountClient:
    return server.account()


def test_principals_are_assigned_to_workspaces(server: Server, account: AccountClient) -> None:
    number = server.admin("prod").get_workspace_id()
    group = account.groups_v2.create(display_name="assigned")
    principal = int(str(group.id))
    made = account.workspace_assignment.update(number, principal, permissions=[WorkspacePermission.USER])
    assert made.principal is not None and made.principal.group_name == "assigned"
    (found,) = [item for item in account.workspace_assignment.list(number) if item.principal == made.principal]
    assert found.permissions == [WorkspacePermission.USER]
    others = account.workspace_assignment.list(server.admin("staging").get_workspace_id())
    assert made.principal not in [item.principal for item in others]
    account.workspace_assignment.delete(number, principal)
    with pytest.raises(NotFound):
        account.workspace_assignment.delete(number, principal)
    account.workspace_assignment.update(number, principal, permissions=[WorkspacePermission.USER])
    account.groups_v2.delete(str(group.id))
    assert made.principal not in [item.principal for item in account.workspace_assignment.list(number)]


def test_who_is_not_assigned_stays_out_of_what_azure_has_made(server: Server, account: AccountClient) -> None:
    azure = sign_in(server, "entry-tests")
    group = f"{SUBSCRIPTION}/resourceGroups/rg-entry"
    account.users_v2.create(user_name="visitor@example.com")
    server.admin("prod").users_v2.create(user_name="resident@example.com")
    visitor, resident = (server.client(f"{name}@example.com", "prod") for name in ("visitor", "resident"))
    assert visitor.current_user.me().user_name == "visitor@example.com"
    azure.put(group, {"location": "westeurope"})
    managed = {"managedResourceGroupId": f"{SUBSCRIPTION}/resourceGroups/rg-entry-managed"}
    workspace = f"{group}/providers/Microsoft.Databricks/workspaces/entry-prod"
    azure.put(workspace, {"location": "westeurope", "properties": managed})
    with pytest.raises(PermissionDenied, match="Unauthorized access to Org"):
        visitor.current_user.me()
    assert resident.current_user.me().user_name == "resident@example.com"
    assert server.client("visitor@example.com", "staging").current_user.me().user_name == "visitor@example.com"

    # assigned as a member of a group within a group
    me = next(iter(account.users_v2.list(filter='userName eq "visitor@example.com"')))
    inner = account.groups_v2.create(display_name="inner", members=[ComplexValue(value=me.id)])
    outer = account.groups_v2.create(display_name="outer", members=[ComplexValue(value=inner.id)])
    number = server.admin("prod").get_workspace_id()
    account.workspace_assignment.update(number, int(str(outer.id)), permissions=[WorkspacePermission.USER])
    assert visitor.current_user.me().user_name == "visitor@example.com"
    azure.http.delete(group)
    for made in (inner, outer):
        account.groups_v2.delete(str(made.id))


def test_only_what_exists_is_assigned(server: Server, account: AccountClient) -> None:
    with pytest.raises(NotFound):
        account.workspace_assignment.update(
            server.admin("prod").get_workspace_id(), 1, permissions=[WorkspacePermission.USER]
        )
    with pytest.raises(NotFound):
        account.workspace_assignment.list(12)


def test_the_metastore_is_assigned_once(server: Server, account: AccountClient) -> None:
    (metastore,) = account.metastores.list()
    metastore_id = str(metastore.metastore_id)
    number = server.admin("dev").get_workspace_id()
    with pytest.raises(NotFound):
        account.metastore_assignments.get(number)
    account.metastore_assignments.create(
        number,
        metastore_id,
        metastore_assignment=CreateMetastoreAssignment(
            workspace_id=number, metastore_id=metastore_id, default_catalog_name="main"
        ),
    )
    with pytest.raises(ResourceConflict):
        account.metastore_assignments.create(number, metastore_id)
    assert list(account.metastore_assignments.list(metastore_id)) == [number]
    changed = UpdateMetastoreAssignment(workspace_id=number, default_catalog_name="dev")
    account.metastore_assignments.update(number, metastore_id, metastore_assignment=changed)
    found = account.metastore_assignments.get(number).metastore_assignment
    assert found is not None and found.default_catalog_name == "dev"
    account.metastore_assignments.delete(number, metastore_id)
    with pytest.raises(NotFound):
        account.metastore_assignments.create(number, "another")


def test_budget_policies(server: Server, account: AccountClient) -> None:
    made = account.budget_policy.create(
        policy=BudgetPolicy(policy_name="tests", custom_tags=[CustomPolicyTag("cost_center", "mlops")])
    )
    with pytest.raises(ResourceConflict):
        account.budget_policy.create(policy=BudgetPolicy(policy_name="tests"))
    doubled = [CustomPolicyTag("a", "1"), CustomPolicyTag("a", "2")]
    with pytest.raises(BadRequest):
        account.budget_policy.create(policy=BudgetPolicy(policy_name="doubled", custom_tags=doubled))
    account.budget_policy.update(str(made.policy_id), BudgetPolicy(policy_name="renamed"))
    assert [policy.policy_name for policy in account.budget_policy.list()] == ["renamed"]
    account.budget_policy.delete(str(made.policy_id))
    with pytest.raises(BadRequest, match="does not exist"):
        server.admin().jobs.create(name="billed", budget_policy_id=made.policy_id)
    with pytest.raises(NotFound):
        account.budget_policy.get(str(made.policy_id))


def test_a_budget_policy_is_its_makers_until_others_may_use_it(
    server: Server, people: People, account: AccountClient
) -> None:
    policy = str(account.budget_policy.create(policy=BudgetPolicy(policy_name="used")).policy_id)
    admin, scientist = server.admin(), server.client(people.scientist)
    made = int(admin.jobs.create(name="billed", budget_policy_id=policy).job_id or 0)
    with pytest.raises(PermissionDenied, match="budget policy"):
        scientist.jobs.create(name="billed", budget_policy_id=policy)
    with pytest.raises(PermissionDenied, match="budget policy"):
        scientist.serving_endpoints.create("billed", budget_policy_id=policy)
    unbilled = int(scientist.jobs.create(name="billed").job_id or 0)
    with pytest.raises(PermissionDenied, match="budget policy"):
        scientist.jobs.update(unbilled, new_settings=JobSettings(budget_policy_id=policy))

    # the rules are whole: an administrator whom they do not name has lost his use of what he made, not the job he has
    name = f"accounts/{account.config.account_id}/budgetPolicies/{policy}/ruleSets/default"
    found = account.access_control.get_rule_set(name, "")
    assert found.grant_rules == [GrantRule("roles/budgetPolicy.manager", ["users/admin@example.com"])]
    rules = [GrantRule("roles/budgetPolicy.user", ["groups/data-scientists"])]
    account.access_control.update_rule_set(name, RuleSetUpdateRequest(name, found.etag, rules))
    scientist.jobs.update(unbilled, new_settings=JobSettings(budget_policy_id=policy))
    with pytest.raises(PermissionDenied, match="budget policy"):
        admin.jobs.create(name="billed", budget_policy_id=policy)
    admin.jobs.update(made, new_settings=JobSettings(max_concurrent_runs=2))
    for job in (made, unbilled):
        admin.jobs.delete(job)
    account.budget_policy.delete(policy)
    with pytest.raises(NotFound):
        account.access_control.get_rule_set(name, "")


def test_networks_of_serverless_compute(server: Server, account: AccountClient) -> None:
    azure = sign_in(server, "network-tests")
    group = f"{SUBSCRIPTION}/resourceGroups/rg-network"
    storage = f"{group}/providers/Microsoft.Storage/storageAccounts/networktests"
    azure.put(group, {"location": "westeurope"})
    made = account.network_connectivity.create_network_connectivity_configuration(
        CreateNetworkConnectivityConfiguration("serverless", "westeurope")
    )
    config = str(made.network_connectivity_config_id)
    rule = CreatePrivateEndpointRule(resource_id=storage, group_id="dfs")
    with pytest.raises(BadRequest):
        account.network_connectivity.create_private_endpoint_rule(config, rule)
    azure.put(storage, {"location": "westeurope"})
    account.network_connectivity.create_private_endpoint_rule(config, rule)
    with pytest.raises(ResourceConflict):
        account.network_connectivity.create_private_endpoint_rule(config, rule)
    workspace = Workspace(network_connectivity_config_id=config)
    number = server.admin("prod").get_workspace_id()
    account.workspaces.update(number, workspace, update_mask="network_connectivity_config_id")
    assert account.workspaces.get(number).network_connectivity_config_id == config
    with pytest.raises(BadRequest, match="attached to workspaces"):
        account.network_connectivity.delete_network_connectivity_configuration(config)
    azure.http.delete(group)


def test_it_is_for_administrators(server: Server, people: People, account: AccountClient) -> None:
    server.client(people.scientist)
    token = server.tokens[people.scientist]
    host, number = server.host("account"), str(account.config.account_id)
    scientist = AccountClient(config=Config(host=host, account_id=number, token=token, auth_type="pat"))
    with pytest.raises(PermissionDenied):
        list(scientist.workspaces.list())
    with pytest.raises(PermissionDenied):
        scientist.budget_policy.create(policy=BudgetPolicy(policy_name="mine"))
