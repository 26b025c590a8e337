"""What a platform team expects of a workspace on Azure: nothing is public, all is named, tagged, logged, protected."""

from __future__ import annotations

import importlib
import inspect
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from environments import names
from environments.settings import ENVIRONMENTS, load_account, load_environment, load_model, model_names
from infra.job_plans import ALERT, ALERT_STATE, REASON
from tests.infra.json_paths import leaves
from tests.infra.synthesis import Stacks, synthesize

Resources = dict[str, dict[str, Any]]
MODELS = [load_model(name) for name in model_names()]


@pytest.fixture(params=ENVIRONMENTS)
def name(request: pytest.FixtureRequest) -> str:
    """An environment's name."""
    return str(request.param)


@pytest.fixture
def resources(name: str, stacks: Stacks) -> Resources:
    """The resources of its workspace's stack, by type and name."""
    found: Resources = stacks[f"{name}-workspace"]["resource"]
    return found


def the(resources: Resources, kind: str) -> dict[str, Any]:
    """The one resource of a type."""
    (resource,) = resources[kind].values()
    found: dict[str, Any] = resource
    return found


def test_nobody_reaches_storage_or_key_vault_from_outside(resources: Resources) -> None:
    storage, vault = the(resources, "azurerm_storage_account"), the(resources, "azurerm_key_vault")
    for resource, rules in ((storage, "network_rules"), (vault, "network_acls")):
        assert resource["public_network_access_enabled"] is False
        assert resource[rules]["default_action"] == "Deny"
        assert not resource[rules].get("ip_rules") and not resource[rules].get("virtual_network_subnet_ids")
    assert storage["min_tls_version"] == "TLS1_2" and storage["https_traffic_only_enabled"]
    assert not storage["allow_nested_items_to_be_public"]
    assert the(resources, "azurerm_storage_container")["container_access_type"] == "private"


def test_nobody_opens_storage_or_key_vault_without_a_role(resources: Resources) -> None:
    storage = the(resources, "azurerm_storage_account")
    assert not storage["shared_access_key_enabled"] and not storage["local_user_enabled"]
    assert the(resources, "azurerm_key_vault")["rbac_authorization_enabled"]
    role = the(resources, "azurerm_role_assignment")
    assert role["role_definition_name"] == "Storage Blob Data Contributor"
    assert role["scope"] == "${azurerm_storage_account.storage.id}"
    assert role["principal_id"] == "${azurerm_databricks_access_connector.connector.identity[0].principal_id}"


def test_what_was_deleted_can_be_brought_back(name: str, resources: Resources) -> None:
    vault, blobs = the(resources, "azurerm_key_vault"), the(resources, "azurerm_storage_account")["blob_properties"]
    assert vault["purge_protection_enabled"]
    assert vault["soft_delete_retention_days"] == (90 if name == "prod" else 7)
    assert blobs["delete_retention_policy"]["days"] == blobs["container_delete_retention_policy"]["days"] == 7


def test_the_workspace_is_in_our_network_and_its_nodes_have_no_public_address(name: str, resources: Resources) -> None:
    workspace = the(resources, "azurerm_databricks_workspace")
    inside = workspace["custom_parameters"]
    assert workspace["sku"] == "premium"
    assert workspace["public_network_access_enabled"] is load_environment(name).azure.public_workspace_access
    assert inside["no_public_ip"] is True
    assert inside["virtual_network_id"] == "${azurerm_virtual_network.network.id}"
    for which in ("public", "private"):
        subnet = resources["azurerm_subnet"][f"subnet-{which}"]
        assert inside[f"{which}_subnet_name"] == f"${{azurerm_subnet.subnet-{which}.name}}"
        (delegation,) = subnet["delegation"]
        assert delegation["service_delegation"]["name"] == "Microsoft.Databricks/workspaces"
        # Databricks writes the rules of its compute itself.
        assert "security_rule" not in resources["azurerm_network_security_group"][f"security-{which}"]


def test_every_subnet_has_a_security_group_and_no_way_out_but_the_gateway(resources: Resources) -> None:
    subnets = {f"${{azurerm_subnet.{key}.id}}" for key in resources["azurerm_subnet"]}
    guarded = resources["azurerm_subnet_network_security_group_association"].values()
    assert {association["subnet_id"] for association in guarded} == subnets
    assert not any(subnet["default_outbound_access_enabled"] for subnet in resources["azurerm_subnet"].values())
    outward = {association["subnet_id"] for association in resources["azurerm_subnet_nat_gateway_association"].values()}
    assert outward == subnets - {"${azurerm_subnet.subnet-endpoints.id}"}
    # Azure refuses to change subnets that a workspace is being put in.
    ways = {
        f"{kind}.{key}"
        for kind in ("azurerm_subnet_nat_gateway_association", "azurerm_nat_gateway_public_ip_association")
        for key in resources[kind]
    }
    assert ways <= set(the(resources, "azurerm_databricks_workspace")["depends_on"])


def test_private_endpoints_answer_the_network_alone_on_each_port_that_compute_asks(resources: Resources) -> None:
    allowing, denying = resources["azurerm_network_security_group"]["security-endpoints"]["security_rule"]
    asked = {443, 3306, 6666, *range(8443, 8452)}  # REST and storage, metastore, relay, what the control plane has else
    ranges = [text.partition("-") for text in allowing["destination_port_ranges"]]
    assert {port for first, _, last in ranges for port in range(int(first), int(last or first) + 1)} == asked
    assert (allowing["access"], allowing["source_address_prefix"]) == ("Allow", "VirtualNetwork")
    assert (denying["access"], denying["destination_port_range"]) == ("Deny", "*")
    assert allowing["priority"] < denying["priority"]


def test_private_endpoints_are_found_by_name_in_the_network(name: str, resources: Resources) -> None:
    reached = {}
    for endpoint in resources["azurerm_private_endpoint"].values():
        (part,) = endpoint["private_service_connection"]["subresource_names"]
        (zone,) = endpoint["private_dns_zone_group"]["private_dns_zone_ids"]
        key = zone.removeprefix("${azurerm_private_dns_zone.").removesuffix(".id}")
        reached[part] = resources["azurerm_private_dns_zone"][key]["name"]
        assert endpoint["subnet_id"] == "${azurerm_subnet.subnet-endpoints.id}"
    expected = {
        "databricks_ui_api": "privatelink.azuredatabricks.net",
        "dfs": "privatelink.dfs.core.windows.net",
        "blob": "privatelink.blob.core.windows.net",
        "vault": "privatelink.vaultcore.azure.net",
    }
    assert reached == expected
    linked = {
        link["private_dns_zone_name"] for link in resources["azurerm_private_dns_zone_virtual_network_link"].values()
    }
    assert linked == {f"${{azurerm_private_dns_zone.{key}.name}}" for key in resources["azurerm_private_dns_zone"]}


def test_a_workspace_can_be_closed_to_the_public(settings_folder: Callable[[], Path], tmp_path: Path) -> None:
    folder = settings_folder()
    file = folder / "prod.yaml"
    file.write_text(file.read_text().replace("public_workspace_access: true", "public_workspace_access: false"))
    resources = synthesize(tmp_path / "out", folder, only="prod")["prod-workspace"]["resource"]
    assert the(resources, "azurerm_databricks_workspace")["public_network_access_enabled"] is False
    parts = {
        e["private_service_connection"]["subresource_names"][0] for e in resources["azurerm_private_endpoint"].values()
    }
    assert "browser_authentication" in parts  # people sign in by a private endpoint, too


def test_serverless_compute_of_all_who_may_read_reaches_the_storage_as_well(
    name: str, resources: Resources, stacks: Stacks
) -> None:
    network = "${data.terraform_remote_state.account.outputs.serverless_network_ids.%s}"
    rules = resources["databricks_mws_ncc_private_endpoint_rule"].values()
    readers = {name, *load_environment(name).readable_from}
    assert {(rule["network_connectivity_config_id"], rule["group_id"]) for rule in rules} == {
        (network % reader, part) for reader in readers for part in ("blob", "dfs")
    }
    assert {rule["resource_id"] for rule in rules} == {"${azurerm_storage_account.storage.id}"}
    binding = the(resources, "databricks_mws_ncc_binding")
    assert binding["workspace_id"] == "${azurerm_databricks_workspace.workspace.workspace_id}"
    assert binding["network_connectivity_config_id"] == network % name
    # Whose workspace reads there is not in the workspaces' stacks: all can be deployed at the same time.
    made = stacks["account"]["resource"]["databricks_mws_network_connectivity_config"]
    assert made[f"serverless-{name}"]["region"] == load_environment(name).azure.location
    assert stacks["account"]["output"]["serverless_network_ids"]["value"].keys() == set(ENVIRONMENTS)


def test_logs_of_all_that_is_reached_are_kept_as_long_as_the_settings_say(name: str, resources: Resources) -> None:
    logs = the(resources, "azurerm_log_analytics_workspace")
    assert logs["retention_in_days"] == load_environment(name).azure.log_retention_days
    observed = {}
    for setting in resources["azurerm_monitor_diagnostic_setting"].values():
        assert setting["enabled_log"] == [{"category_group": "allLogs"}]
        assert setting["log_analytics_workspace_id"] == "${azurerm_log_analytics_workspace.logs.id}"
        observed[setting["target_resource_id"]] = [metric["category"] for metric in setting.get("enabled_metric", [])]
    assert observed == {
        "${azurerm_databricks_workspace.workspace.id}": [],
        "${azurerm_key_vault.key-vault.id}": ["AllMetrics"],
        "${azurerm_storage_account.storage.id}/blobServices/default": ["Capacity", "Transaction"],
        **{f"${{azurerm_logic_app_workflow.retrain-{model.name}.id}}": ["AllMetrics"] for model in MODELS},
    }


def test_people_feeds_jobs_and_logic_apps_enter_the_workspace_and_who_deploys_administers_it(
    name: str, resources: Resources
) -> None:
    state = "data.terraform_remote_state.account.outputs"
    assigned = resources["databricks_mws_permission_assignment"].values()
    assert {assignment["principal_id"]: assignment["permissions"] for assignment in assigned} == {
        f'${{{state}.group_ids["data-producers"]}}': ["USER"],
        f'${{{state}.group_ids["data-scientists"]}}': ["USER"],
        f'${{{state}.group_ids["ml-engineers"]}}': ["USER"],
        f'${{{state}.group_ids["platform-engineers"]}}': ["ADMIN"],
        f"${{{state}.service_principals.{name}.id}}": ["USER"],
        **{f"${{databricks_service_principal.principal-retrain-{model.name}.id}}": ["USER"] for model in MODELS},
    }
    assert the(resources, "databricks_metastore_assignment")["metastore_id"] == load_account().metastore_id


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_logic_app_finds_the_training_job_and_starts_it_as_itself(
    model: Any, name: str, resources: Resources
) -> None:
    apps, actions = resources["azurerm_logic_app_workflow"], resources["azurerm_logic_app_action_custom"]
    identity = f"${{azurerm_user_assigned_identity.retrain-{model.name}-identity.id}}"
    assert apps[f"retrain-{model.name}"]["identity"] == {"type": "UserAssigned", "identity_ids": [identity]}
    find, start = (actions[f"retrain-{model.name}-{step}"] for step in ("find", "start"))
    found, started = json.loads(find["body"]), json.loads(start["body"])
    assert found["inputs"]["queries"] == {"name": names.job(load_environment(name), model, "training")}
    assert started["runAfter"] == {find["name"]: ["Succeeded"]}
    assert started["inputs"]["body"]["job_id"] == f"@body('{find['name']}')['jobs'][0]['job_id']"
    assert started["inputs"]["body"]["queue"] == {"enabled": False}
    assert started["inputs"]["body"]["job_parameters"].keys() == {ALERT, ALERT_STATE, REASON}
    for action in (found, started):
        assert action["inputs"]["uri"].startswith("${local.workspace_address}/api/2.2/jobs/")
        assert action["inputs"]["authentication"]["identity"] == identity
    account = resources["databricks_service_principal"][f"principal-retrain-{model.name}"]
    assert account["application_id"] == identity.replace(".id}", ".client_id}")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("adb-1234.5.azuredatabricks.net", "https://adb-1234.5.azuredatabricks.net"),
        ("http://127.0.0.1:8442", "http://127.0.0.1:8442"),
    ],
)
def test_the_workspaces_address_has_a_scheme(host: str, address: str, stacks: Stacks, tmp_path: Path) -> None:
    expression = stacks["dev-workspace"]["locals"]["workspace_address"].removeprefix("${").removesuffix("}")
    result = subprocess.run(
        ["terraform", "console"],
        input=expression.replace("azurerm_databricks_workspace.workspace.workspace_url", json.dumps(host)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.stdout.strip() == json.dumps(address), result.stderr


def test_everything_that_can_bear_tags_does(name: str, resources: Resources) -> None:
    untagged = {
        f"{kind}.{key}"
        for kind, some in resources.items()
        if kind.startswith("azurerm_") and "tags" in attributes(kind)
        for key, resource in some.items()
        if resource.get("tags", {}).get("environment") != name or not resource["tags"].get("project")
    }
    assert untagged == set()


def attributes(kind: str) -> set[str]:
    """The attributes of an Azure resource type, by its binding."""
    module = importlib.import_module(f"cdktf_cdktf_provider_azurerm.{kind.removeprefix('azurerm_')}")
    words = kind.removeprefix("azurerm_").split("_")
    return set(inspect.signature(getattr(module, "".join(word.capitalize() for word in words)).__init__).parameters)


def test_names_say_what_where_and_which(name: str, resources: Resources) -> None:
    azure = load_environment(name).azure
    set_by_hand = {azure.storage_account, azure.key_vault}
    inside = ("azurerm_storage_container", "azurerm_logic_app_trigger_http_request", "azurerm_logic_app_action_custom")
    for kind, some in resources.items():
        for resource in some.values():
            if kind.startswith("azurerm_") and kind not in (*inside, "azurerm_private_dns_zone") and "name" in resource:
                assert resource["name"] in set_by_hand or f"-understudy-{name}" in resource["name"]


def test_no_stack_names_another_environment(name: str, stacks: Stacks) -> None:
    """Renaming the environment renames all: so no name, address or tag of another one is in its stack.

    Only the ways in of those that read there are called by their names, and what is called so leads nowhere.
    """
    others, ways_in = set(ENVIRONMENTS) - {name}, ("resource", "databricks_mws_ncc_private_endpoint_rule")
    for path, value in leaves(stacks[f"{name}-workspace"]).items():
        if path[:2] == ways_in:
            continue
        assert not any(other in str(value).split("-") for other in others), path


def test_what_holds_data_cannot_be_destroyed_in_prod_and_can_elsewhere(name: str, stacks: Stacks) -> None:
    kept = {
        f"{kind}.{key}"
        for kind, some in stacks[f"{name}-workspace"]["resource"].items()
        for key, resource in some.items()
        if resource.get("lifecycle", {}).get("prevent_destroy")
    }
    assert kept == (
        {
            "azurerm_resource_group.group",
            "azurerm_storage_account.storage",
            "azurerm_storage_container.storage-container",
            "azurerm_databricks_access_connector.connector",
            "azurerm_databricks_workspace.workspace",
            "azurerm_key_vault.key-vault",
        }
        if name == "prod"
        else set()
    )


def test_the_accounts_stack_has_a_principal_and_a_budget_policy_for_each_environment(stacks: Stacks) -> None:
    resources = stacks["account"]["resource"]
    principals = resources["databricks_service_principal"]
    assert {principal["display_name"] for principal in principals.values()} == {
        names.service_principal(load_environment(name)) for name in ENVIRONMENTS
    }
    assert [key for key, principal in principals.items() if "lifecycle" in principal] == ["jobs-prod"]
    policies = resources["databricks_budget_policy"]
    for name in ENVIRONMENTS:
        tags = policies[f"budget-{name}"]["custom_tags"]
        assert {"key": "environment", "value": name} in tags and {"key": "project", "value": "understudy"} in tags
    groups = {group["display_name"] for group in resources["databricks_group"].values()}
    assert groups == {"data-scientists", "ml-engineers", "data-producers", "platform-engineers"}
