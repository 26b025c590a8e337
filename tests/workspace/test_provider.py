"""Terraform itself with the stand-in provider against a running workspace: plan, apply, drift, replacement, destroy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, PermissionDenied
from databricks.sdk.service import catalog
from databricks.sdk.service.jobs import JobRunAs

from rehearsal.workspace.identity.installation import ACCOUNT_ID
from tests.workspace.conftest import Server, let_run_as
from tests.workspace.terraform_support import CHANGES, NO_CHANGES, Terraform, in_workspace, prepare

pytestmark = [
    pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not on the PATH"),
    pytest.mark.timeout(300),
]

STACK = """
terraform {
  required_providers {
    databricks = { source = "databricks/databricks", version = "~> 1.99" }
  }
}
provider "databricks" { profile = "staging" }

resource "databricks_service_principal" "jobs" { display_name = "understudy-staging-jobs" }

resource "databricks_access_control_rule_set" "jobs" {
  name = "accounts/ACCOUNT/servicePrincipals/${databricks_service_principal.jobs.application_id}/ruleSets/default"
  grant_rules {
    role       = "roles/servicePrincipal.user"
    principals = ["users/admin@example.com"]
  }
}

resource "databricks_catalog" "this" {
  name          = "terraformed"
  comment       = "rehearsed"
  force_destroy = true
}
resource "databricks_schema" "flights" {
  catalog_name = databricks_catalog.this.name
  name         = "flights"
}
resource "databricks_volume" "wheels" {
  catalog_name = databricks_catalog.this.name
  schema_name  = databricks_schema.flights.name
  name         = "wheels"
  volume_type  = "MANAGED"
}
resource "databricks_file" "wheel" {
  source = "wheel.whl"
  path   = "${databricks_volume.wheels.volume_path}/1/wheel.whl"
}
resource "databricks_registered_model" "delay" {
  catalog_name = databricks_catalog.this.name
  schema_name  = databricks_schema.flights.name
  name         = "flight_delay"
  comment      = "Minutes of delay"
  owner        = databricks_service_principal.jobs.application_id
}
resource "databricks_grants" "catalog" {
  catalog = databricks_catalog.this.name
  grant {
    principal  = databricks_service_principal.jobs.application_id
    privileges = ["USE_CATALOG", "CREATE_SCHEMA"]
  }
  grant {
    principal  = "account users"
    privileges = ["USE_CATALOG"]
  }
}
resource "databricks_directory" "shared" { path = "/Shared/understudy" }
resource "databricks_mlflow_experiment" "delay" { name = "${databricks_directory.shared.path}/staging-flight_delay" }
resource "databricks_permissions" "experiment" {
  experiment_id = databricks_mlflow_experiment.delay.id
  access_control {
    service_principal_name = databricks_service_principal.jobs.application_id
    permission_level       = "CAN_MANAGE"
  }
}
resource "databricks_model_serving" "delay" {
  name = "staging-flight-delay"
  tags {
    key   = "team"
    value = "flights"
  }
}
resource "databricks_job" "training" {
  name = "staging-flight-delay-training"
  tags = { team = "flights" }
  depends_on = [databricks_access_control_rule_set.jobs]
  run_as { service_principal_name = databricks_service_principal.jobs.application_id }
  environment {
    environment_key = "default"
    spec {
      environment_version = "4"
      dependencies        = [databricks_file.wheel.path]
    }
  }
  schedule {
    quartz_cron_expression = "0 0 6 * * ?"
    timezone_id            = "UTC"
    pause_status           = "PAUSED"
  }
  task {
    task_key        = "deploy"
    environment_key = "default"
    depends_on { task_key = "train" }
    python_wheel_task {
      package_name     = "understudy"
      entry_point      = "deployment"
      named_parameters = { model-uri = "{{tasks.train.values.model_uri}}" }
    }
  }
  task {
    task_key = "is-good"
    depends_on { task_key = "train" }
    condition_task {
      op    = "GREATER_THAN"
      left  = "{{tasks.train.values.auc}}"
      right = "0.7"
    }
  }
  task {
    task_key = "slices"
    run_if   = "NONE_FAILED"
    depends_on {
      task_key = "is-good"
      outcome  = "true"
    }
    for_each_task {
      inputs      = jsonencode(["UA", "DL"])
      concurrency = 2
      task {
        task_key        = "slice"
        environment_key = "default"
        python_wheel_task {
          package_name     = "understudy"
          entry_point      = "slice"
          named_parameters = { carrier = "{{input}}" }
        }
      }
    }
  }
  task {
    task_key        = "train"
    environment_key = "default"
    python_wheel_task {
      package_name     = "understudy"
      entry_point      = "training"
      named_parameters = { environment = "staging", model = "flight_delay" }
    }
  }
  health {
    rules {
      metric = "RUN_DURATION_SECONDS"
      op     = "GREATER_THAN"
      value  = 600
    }
  }
}
resource "databricks_permissions" "job" {
  job_id = databricks_job.training.id
  access_control {
    group_name       = "users"
    permission_level = "CAN_VIEW"
  }
}
""".replace("ACCOUNT", ACCOUNT_ID)


@pytest.fixture
def terraform(server: Server, tmp_path: Path) -> Iterator[Terraform]:
    stack = prepare(server, tmp_path)
    stack.write(STACK)
    (tmp_path / "wheel.whl").write_bytes(b"first")
    stack("init", "-input=false", "-no-color")
    yield stack
    stack.destroy()


@pytest.fixture
def client(server: Server) -> WorkspaceClient:
    return server.admin("staging")


@pytest.mark.trial  # so do the rehearsal's
def test_a_stack_lives_its_life(terraform: Terraform, client: WorkspaceClient) -> None:
    created = terraform.apply()
    assert "0 changed, 0 destroyed" in created
    assert "No changes" in terraform.plan(NO_CHANGES)
    application_id = terraform.state()["databricks_service_principal.jobs"]["application_id"]
    assert client.registered_models.get("terraformed.flights.flight_delay").owner == application_id
    wheel = client.files.download("/Volumes/terraformed/flights/wheels/1/wheel.whl").contents
    assert wheel is not None and wheel.read() == b"first"
    job_id = int(str(terraform.state()["databricks_job.training"]["id"]))
    tasks = client.jobs.get(job_id).settings.tasks  # type: ignore[union-attr]
    assert tasks is not None and {task.task_key for task in tasks} == {"train", "deploy", "is-good", "slices"}

    # a grant that somebody adds by hand, new content of the local file, a job that is gone: one plan sees all three
    extra = catalog.PermissionsChange(principal="account users", add=[catalog.Privilege.SELECT])
    client.grants.update("catalog", "terraformed", changes=[extra])
    (terraform.folder / "wheel.whl").write_bytes(b"second")
    client.jobs.delete(job_id)
    drift = terraform.plan(CHANGES)
    assert "databricks_grants.catalog will be updated in-place" in drift and '- "SELECT"' in drift
    assert "databricks_file.wheel will be updated in-place" in drift
    assert "databricks_job.training will be created" in drift
    terraform.apply()
    wheel = client.files.download("/Volumes/terraformed/flights/wheels/1/wheel.whl").contents
    assert wheel is not None and wheel.read() == b"second"
    assert "No changes" in terraform.plan(NO_CHANGES)

    # what can change in place does, what cannot is replaced
    changes = {
        "Minutes of delay": "Delay on arrival",
        '"0 0 6 * * ?"': '"0 0 7 * * ?"',
        '"staging-flight-delay"': '"staging-delay"',
    }
    text = STACK
    for before, after in changes.items():
        text = text.replace(before, after)
    terraform.write(text)
    changed = terraform.apply()
    assert "databricks_model_serving.delay must be replaced" in changed
    assert "1 added, 2 changed, 1 destroyed" in changed
    assert client.registered_models.get("terraformed.flights.flight_delay").comment == "Delay on arrival"
    assert "No changes" in terraform.plan(NO_CHANGES)

    terraform("destroy", "-auto-approve", "-no-color")
    assert terraform.state() == {}
    with pytest.raises(NotFound):
        client.catalogs.get("terraformed")


def test_the_workspaces_refusal_is_the_diagnostic(terraform: Terraform) -> None:
    head = STACK.split("resource", 1)[0]
    terraform.write(head + 'resource "databricks_schema" "lost" {\n  catalog_name = "nowhere"\n  name = "flights"\n}\n')
    refused = terraform("apply", "-auto-approve", "-no-color", expect=1)
    assert "cannot create databricks_schema flights" in refused
    assert "nowhere" in refused and "error_code: CATALOG_DOES_NOT_EXIST" in refused
    assert terraform.state() == {}


def test_import_by_id(terraform: Terraform, client: WorkspaceClient) -> None:
    client.catalogs.create("made_by_hand", comment="found")
    head = STACK.split("resource", 1)[0]
    terraform.write(head + 'resource "databricks_catalog" "found" {\n  name = "made_by_hand"\n  comment = "found"\n}\n')
    terraform("import", "-no-color", "databricks_catalog.found", "made_by_hand")
    assert terraform.state()["databricks_catalog.found"]["comment"] == "found"
    assert "No changes" in terraform.plan(NO_CHANGES)


def test_an_alerts_folder_is_written_as_databricks_answers_it(server: Server, tmp_path: Path) -> None:
    terraform = in_workspace(server, tmp_path)
    alert = {
        "display_name": "drift",
        "parent_path": "${databricks_directory.alerts.path}",
        "query_text": "SELECT 1 AS value",
        "warehouse_id": "${databricks_sql_endpoint.warehouse.id}",
        "evaluation": {
            "source": {"name": "value"},
            "comparison_operator": "GREATER_THAN",
            "threshold": {"value": {"double_value": 0.7}},
        },
        "schedule": {"quartz_cron_schedule": "0 30 7 * * ?", "timezone_id": "UTC"},
    }
    declared: dict[str, dict[str, object]] = {
        "databricks_directory": {"alerts": {"path": "/alerts"}},
        "databricks_sql_endpoint": {"warehouse": {"name": "alerts", "cluster_size": "2X-Small"}},
        "databricks_alert_v2": {"drift": alert},
    }
    try:
        terraform.declare(declared)
        told = " ".join(terraform("apply", "-auto-approve", "-no-color", "-input=false", expect=1).split())
        assert "Provider produced inconsistent result after apply" in told
        assert '.parent_path: was cty.StringVal("/alerts"), but now cty.StringVal("/Workspace/alerts")' in told
        alert["parent_path"] = "/Workspace${databricks_directory.alerts.path}"
        terraform.declare(declared)
        terraform.apply()
        assert "No changes" in terraform.plan(NO_CHANGES)
    finally:
        terraform.destroy()


ACCOUNT = """
terraform {
  required_providers {
    databricks = { source = "databricks/databricks", version = "~> 1.99" }
  }
}
provider "databricks" { profile = "account" }
data "databricks_current_config" "account" {}
resource "databricks_service_principal" "jobs" { display_name = "used-by-nobody" }
output "application_id" { value = databricks_service_principal.jobs.application_id }
"""
ROLES = """
resource "databricks_access_control_rule_set" "jobs" {
  name = join("/", [
    "accounts", data.databricks_current_config.account.account_id,
    "servicePrincipals", databricks_service_principal.jobs.application_id, "ruleSets/default",
  ])
  grant_rules {
    role       = "roles/servicePrincipal.user"
    principals = ["users/admin@example.com"]
  }
}
"""


def test_who_made_a_service_principal_lets_jobs_run_as_it_by_a_rule_set_only(
    server: Server, tmp_path: Path, client: WorkspaceClient
) -> None:
    account = prepare(server, tmp_path)
    account.write(ACCOUNT)
    account("init", "-input=false", "-no-color")
    account.apply()
    jobs = account.output("application_id")

    def deploy() -> int:
        return int(client.jobs.create(name="used", run_as=JobRunAs(service_principal_name=jobs)).job_id or 0)

    with pytest.raises(PermissionDenied, match=r"servicePrincipal\.user"):
        deploy()
    account.write(ACCOUNT + ROLES)
    account.apply()
    assert "No changes" in account.plan(NO_CHANGES)
    client.jobs.delete(deploy())

    # a role that somebody adds by hand is a difference in the next plan
    people = server.account().users_v2.create(user_name="by-hand@example.com")
    let_run_as(client, jobs, str(people.user_name))
    assert '"users/by-hand@example.com"' in account.plan(CHANGES)
    account.apply()
    assert "No changes" in account.plan(NO_CHANGES)
    account.write(ACCOUNT)
    account.apply()
    with pytest.raises(PermissionDenied):
        deploy()
    account.destroy()


def test_an_experiment_has_more_tags_than_its_own_which_a_plan_must_be_told(server: Server, tmp_path: Path) -> None:
    terraform = in_workspace(server, tmp_path)
    experiment: dict[str, object] = {"name": "/Shared/declared", "tags": [{"key": "environment", "value": "dev"}]}
    try:
        terraform.declare({"databricks_mlflow_experiment": {"runs": experiment}})
        for _ in range(2):  # it changes for ever: an update renames, and sets no tags
            terraform.apply()
            assert "mlflow.experimentType" in terraform.plan(CHANGES)
        experiment["lifecycle"] = {"ignore_changes": ["tags"]}
        terraform.declare({"databricks_mlflow_experiment": {"runs": experiment}})
        assert "outside of Terraform" not in terraform.plan(NO_CHANGES)
    finally:
        terraform.destroy()
