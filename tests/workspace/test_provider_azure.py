"""Terraform itself with both stand-ins: a workspace with its network, storage and Logic App lives its life."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from databricks.sdk.service import compute, iam, jobs

from tests.workspace.azure_support import SUBSCRIPTION, Azure, sign_in
from tests.workspace.conftest import Server
from tests.workspace.terraform_support import CHANGES, NO_CHANGES, Terraform, prepare

pytestmark = [
    pytest.mark.trial,  # a rehearsal's stacks have all of these resources
    pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not on the PATH"),
    pytest.mark.timeout(400),
]
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-terraform"
WORKFLOW = f"{GROUP}/providers/Microsoft.Logic/workflows/retrain"
JOB = "retrained-by-terraform"

HEAD = f"""
terraform {{
  required_providers {{
    azurerm    = {{ source = "hashicorp/azurerm", version = "4.55.0" }}
    databricks = {{ source = "databricks/databricks", version = "~> 1.99" }}
  }}
}}
provider "databricks" {{ profile = "account" }}
provider "azurerm" {{
  features {{}}
  subscription_id                 = "{SUBSCRIPTION.rpartition("/")[2]}"
  resource_provider_registrations = "none"
}}
"""
STACK = (
    HEAD
    + """
locals {
  tags   = { team = "flights" }
  guards = azurerm_subnet_network_security_group_association.guard
}
resource "azurerm_resource_group" "this" {
  name     = "rg-terraform"
  location = "westeurope"
  tags     = local.tags
}
resource "azurerm_virtual_network" "this" {
  name                = "vnet"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.0.0.0/16"]
}
resource "azurerm_network_security_group" "this" {
  name                = "nsg"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  security_rule {
    name                       = "allow-the-network"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "VirtualNetwork"
    source_port_range          = "*"
    destination_address_prefix = "VirtualNetwork"
    destination_port_ranges    = ["443", "8443-8451"]
  }
}
resource "azurerm_subnet" "compute" {
  for_each             = { public = "10.0.0.0/24", private = "10.0.1.0/24" }
  name                 = each.key
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [each.value]
  delegation {
    name = "databricks"
    service_delegation { name = "Microsoft.Databricks/workspaces" }
  }
}
resource "azurerm_subnet_network_security_group_association" "guard" {
  for_each                  = azurerm_subnet.compute
  subnet_id                 = each.value.id
  network_security_group_id = azurerm_network_security_group.this.id
}
resource "azurerm_databricks_workspace" "this" {
  name                = "dbw-terraform-dev"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  sku                 = "premium"
  custom_parameters {
    no_public_ip                                         = true
    virtual_network_id                                   = azurerm_virtual_network.this.id
    public_subnet_name                                   = azurerm_subnet.compute["public"].name
    private_subnet_name                                  = azurerm_subnet.compute["private"].name
    public_subnet_network_security_group_association_id  = local.guards["public"].id
    private_subnet_network_security_group_association_id = local.guards["private"].id
  }
}
resource "azurerm_databricks_access_connector" "this" {
  name                = "connector"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  identity { type = "SystemAssigned" }
}
resource "azurerm_storage_account" "this" {
  name                      = "terraformed"
  location                  = azurerm_resource_group.this.location
  resource_group_name       = azurerm_resource_group.this.name
  account_tier              = "Standard"
  account_replication_type  = "ZRS"
  is_hns_enabled            = true
  shared_access_key_enabled = false
  blob_properties {
    delete_retention_policy { days = 7 }
  }
}
resource "azurerm_storage_container" "catalog" {
  name               = "catalog"
  storage_account_id = azurerm_storage_account.this.id
}
resource "azurerm_role_assignment" "connector" {
  scope                = azurerm_storage_account.this.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_databricks_access_connector.this.identity[0].principal_id
}
resource "azurerm_user_assigned_identity" "retrain" {
  name                = "retrain"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
}
resource "databricks_service_principal" "retrain" {
  application_id = azurerm_user_assigned_identity.retrain.client_id
  display_name   = "retrain"
}
resource "databricks_group" "people" { display_name = "terraformed-people" }
resource "databricks_mws_permission_assignment" "people" {
  workspace_id = azurerm_databricks_workspace.this.workspace_id
  principal_id = databricks_group.people.id
  permissions  = ["USER"]
}
resource "databricks_metastore_assignment" "this" {
  workspace_id = azurerm_databricks_workspace.this.workspace_id
  metastore_id = "METASTORE"
}
resource "azurerm_logic_app_workflow" "retrain" {
  name                = "retrain"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.retrain.id]
  }
}
resource "azurerm_logic_app_trigger_http_request" "alert" {
  name         = "alert"
  logic_app_id = azurerm_logic_app_workflow.retrain.id
  schema       = jsonencode({ type = "object" })
}
locals {
  authentication = {
    type     = "ManagedServiceIdentity"
    audience = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
    identity = azurerm_user_assigned_identity.retrain.id
  }
}
resource "azurerm_logic_app_action_custom" "find" {
  name         = "find"
  logic_app_id = azurerm_logic_app_trigger_http_request.alert.logic_app_id
  body = jsonencode({
    type     = "Http"
    runAfter = {}
    inputs = {
      method         = "GET"
      uri            = "${azurerm_databricks_workspace.this.workspace_url}/api/2.2/jobs/list"
      queries        = { name = "@{triggerBody()?['job']}" }
      authentication = local.authentication
    }
  })
}
resource "azurerm_logic_app_action_custom" "start" {
  name         = "start"
  logic_app_id = azurerm_logic_app_action_custom.find.logic_app_id
  body = jsonencode({
    type     = "Http"
    runAfter = { find = ["Succeeded"] }
    inputs = {
      method         = "POST"
      uri            = "${azurerm_databricks_workspace.this.workspace_url}/api/2.2/jobs/run-now"
      body           = { job_id = "@body('find')['jobs'][0]['job_id']" }
      authentication = local.authentication
    }
  })
}
output "url" {
  value     = azurerm_logic_app_trigger_http_request.alert.callback_url
  sensitive = true
}
"""
)


@pytest.fixture(scope="module")
def azure(server: Server) -> Azure:
    return sign_in(server, "terraform-tests")


@pytest.fixture
def terraform(server: Server, azure: Azure, tmp_path: Path) -> Iterator[Terraform]:
    stack = prepare(server, tmp_path, azure.variables)
    (metastore,) = server.account().metastores.list()
    stack.write(STACK.replace("METASTORE", str(metastore.metastore_id)))
    stack("init", "-input=false", "-no-color")
    yield stack
    stack.destroy()


def patch(azure: Azure, path: str, body: dict[str, Any]) -> None:
    answer = azure.http.patch(path, json=body)
    assert answer.is_success, answer.text


def test_a_workspace_lives_its_life(terraform: Terraform, azure: Azure, server: Server) -> None:
    assert "21 added" in terraform.apply()
    assert "No changes" in terraform.plan(NO_CHANGES)
    state = terraform.state()
    assert state["azurerm_databricks_workspace.this"]["workspace_url"] == server.host("dev")
    assert (server.home / "storage" / "azure" / "terraformed" / "catalog").is_dir()

    changed_by_hand: list[tuple[str, dict[str, Any]]] = [
        ("Network/virtualNetworks/vnet/subnets/public", {"properties": {"defaultOutboundAccess": False}}),
        ("Databricks/workspaces/dbw-terraform-dev", {"properties": {"publicNetworkAccess": "Disabled"}}),
        ("Databricks/accessConnectors/connector", {"tags": {"by": "hand"}}),
        ("Storage/storageAccounts/terraformed", {"properties": {"allowSharedKeyAccess": True}}),
        ("Storage/storageAccounts/terraformed/blobServices/default", {"properties": {"deleteRetentionPolicy": None}}),
        ("Logic/workflows/retrain", {"properties": {"definition": {"actions": {"start": None}}}}),
    ]
    for path, body in changed_by_hand:
        patch(azure, f"{GROUP}/providers/Microsoft.{path}", body)
    azure.http.delete(str(state["azurerm_role_assignment.connector"]["id"]))
    account = server.account()
    (assigned,) = [
        int(str(values["principal_id"]))
        for address, values in state.items()
        if address == "databricks_mws_permission_assignment.people"
    ]
    account.workspace_assignment.delete(server.admin("dev").get_workspace_id(), assigned)
    drift = terraform.plan(CHANGES)
    assert "Plan: 3 to add, 4 to change, 0 to destroy." in drift
    for line in (
        "default_outbound_access_enabled               = false -> true",
        "public_network_access_enabled                        = false -> true",
        '- "by" = "hand"',
        "shared_access_key_enabled          = true -> false",
        "+ delete_retention_policy {",
        "azurerm_logic_app_action_custom.start will be created",
        "azurerm_role_assignment.connector will be created",
        "databricks_mws_permission_assignment.people will be created",
    ):
        assert " ".join(line.split()) in " ".join(drift.split()), drift
    terraform.apply()
    assert "No changes" in terraform.plan(NO_CHANGES)

    # what cannot change in place is replaced
    text = (terraform.folder / "main.tf").read_text()
    terraform.write(text.replace('"10.0.1.0/24"', '"10.0.2.0/24"'))
    assert "1 changed, 0 destroyed" in terraform.apply()
    terraform.write(text.replace("is_hns_enabled            = true", "is_hns_enabled            = false"))
    assert "azurerm_storage_account.this must be replaced" in terraform.plan(CHANGES)
    terraform.write(text)

    terraform.destroy()
    assert terraform.state() == {}
    assert azure.http.get(GROUP).status_code == 404


def test_a_webhook_starts_a_job(terraform: Terraform, azure: Azure, server: Server) -> None:
    terraform.apply()
    url = terraform.output("url")
    admin = server.admin("dev")
    task = jobs.Task(
        task_key="train",
        environment_key="default",
        python_wheel_task=jobs.PythonWheelTask(package_name="understudy", entry_point="training"),
    )
    environment = jobs.JobEnvironment(environment_key="default", spec=compute.Environment(environment_version="4"))
    job = int(str(admin.jobs.create(name=JOB, tasks=[task], environments=[environment]).job_id))

    # the identity is known and may not enter the workspace yet: the action fails, and the history says why
    assert httpx.post(url, json={"job": JOB}).status_code == 202
    refused = finished(azure)
    assert refused["status"] == "Failed" and "Unauthorized access to Org" in refused["error"]["message"]
    principal = int(str(terraform.state()["databricks_service_principal.retrain"]["id"]))
    user = [iam.WorkspacePermission.USER]
    server.account().workspace_assignment.update(int(admin.get_workspace_id()), principal, permissions=user)

    # it may enter and may not see the job yet
    assert httpx.post(url, json={"job": JOB}).status_code == 202
    failed = finished(azure)
    assert failed["status"] == "Failed" and "jobs" in failed["error"]["message"]
    assert not list(admin.jobs.list_runs(job_id=job))

    identity = str(terraform.state()["azurerm_user_assigned_identity.retrain"]["client_id"])
    manage = iam.AccessControlRequest(
        service_principal_name=identity, permission_level=iam.PermissionLevel.CAN_MANAGE_RUN
    )
    admin.permissions.update("jobs", str(job), access_control_list=[manage])
    assert httpx.post(url, json={"job": JOB}).status_code == 202
    assert finished(azure)["status"] == "Succeeded"
    (run,) = admin.jobs.list_runs(job_id=job)
    assert run.creator_user_name == identity

    assert httpx.post(f"{url}x", json={"job": JOB}).status_code == 401
    assert httpx.post(url.partition("&sig")[0], json={"job": JOB}).status_code == 401
    assert len(azure.get(f"{WORKFLOW}/runs")["value"]) == 3
    admin.jobs.delete(job)


def test_an_identity_that_is_no_service_principal_is_refused(terraform: Terraform, azure: Azure) -> None:
    text = (terraform.folder / "main.tf").read_text()
    start = text.index('resource "databricks_service_principal"')
    terraform.write(text[:start] + text[text.index('resource "databricks_group"') :])
    terraform.apply()
    httpx.post(terraform.output("url"), json={"job": JOB})
    failed = finished(azure)
    assert (
        failed["status"] == "Failed" and "no service principal of the Databricks account" in failed["error"]["message"]
    )


def test_what_would_not_run_is_refused_when_it_is_put(terraform: Terraform) -> None:
    text = (terraform.folder / "main.tf").read_text()
    terraform.write(text.replace("triggerBody()?['job']", "dayOfWeek(1)"))
    refused = terraform("apply", "-auto-approve", "-no-color", expect=1)
    assert "the function 'dayOfWeek' is not one that the local Azure knows" in " ".join(
        refused.replace("│", "").split()
    )
    assert "InvalidTemplate (400)" in refused


def test_a_group_with_something_in_it_stays(terraform: Terraform, azure: Azure) -> None:
    group = 'resource "azurerm_resource_group" "this" {\n  name     = "rg-terraform"\n  location = "westeurope"\n}\n'
    terraform.write(HEAD + group)
    terraform.apply()
    by_hand = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-by-hand"
    azure.put(by_hand, {"location": "westeurope"})
    refused = terraform("destroy", "-auto-approve", "-no-color", expect=1)
    assert "still contains resources" in refused and "kv-by-hand" in refused
    azure.http.delete(by_hand)


def finished(azure: Azure) -> dict[str, Any]:
    """The workflow's latest run, when it has ended."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        run: dict[str, Any] = azure.get(f"{WORKFLOW}/runs")["value"][0]["properties"]
        if run["status"] != "Running":
            return run
        time.sleep(0.1)
    raise AssertionError("the workflow's run does not end")
