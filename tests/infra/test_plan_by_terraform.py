"""The plans of Terraform itself, against a workspace: made, applied as saved, drifted, and refused where protected."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk.service.catalog import PermissionsChange, Privilege

from infra.plan.__main__ import CHANGES, NO_CHANGE
from infra.plan.access import AccessChange, access_changes
from infra.plan.changes import changes, drift
from infra.plan.labels import Labels
from infra.plan.protection import protection
from infra.plan.terraform import PlanError, Planned, plan
from rehearsal.provider import install
from tests.infra.synthesis import ROOT
from tests.ports import free_port_base
from tests.workspace.conftest import Server

pytestmark = [
    pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not on the PATH"),
    pytest.mark.timeout(300),
]
KEPT = {"lifecycle": {"prevent_destroy": True}}


def stack() -> dict[str, Any]:
    """A small stack in the JSON that the CDK writes; its catalog and its schema of data are protected."""
    return {
        "terraform": {"required_providers": {"databricks": {"source": "databricks/databricks", "version": "~> 1.99"}}},
        "provider": {"databricks": [{"profile": "staging"}]},
        "resource": {
            "databricks_service_principal": {"jobs": {"display_name": "understudy-staging-jobs"}},
            "databricks_catalog": {"catalog": {"name": "planned", "force_destroy": True, **KEPT}},
            "databricks_schema": {
                "data": {
                    "catalog_name": "planned",
                    "name": "data",
                    "depends_on": ["databricks_catalog.catalog"],
                    **KEPT,
                },
            },
            "databricks_grants": {
                "catalog": {
                    "catalog": "${databricks_catalog.catalog.name}",
                    "grant": [
                        {"principal": "account users", "privileges": ["USE_CATALOG"]},
                        {
                            "principal": "${databricks_service_principal.jobs.application_id}",
                            "privileges": ["CREATE_SCHEMA", "USE_CATALOG"],
                        },
                    ],
                }
            },
            "databricks_job": {"training": {"name": "training", "max_concurrent_runs": 1}},
            "databricks_permissions": {
                "job": {
                    "job_id": "${databricks_job.training.id}",
                    "access_control": [{"group_name": "users", "permission_level": "CAN_VIEW"}],
                }
            },
        },
    }


class Trial:
    """The stack in a folder, and what people would read of its plan."""

    def __init__(self, out: Path, server: Server) -> None:
        self.out, self.server, self.resources = out, server, stack()
        (out / "stacks" / "trial").mkdir(parents=True)

    def plan(self) -> Planned:
        document = {**stack(), "resource": self.resources["resource"]}
        (self.out / "stacks" / "trial" / "cdk.tf.json").write_text(json.dumps(document))
        return plan("trial", self.out)

    def rows(self) -> tuple[list[tuple[str, str, str]], list[AccessChange]]:
        """(address, action, guard) of each change, and the access that changes."""
        planned = self.plan()
        found = changes(planned.plan, protection(planned.configuration))
        return [(row.address, row.action, row.guard) for row in found], access_changes(
            planned.plan, Labels(planned.plan, {})
        )

    def apply(self, planned: Planned) -> None:
        subprocess.run(["terraform", "apply", planned.file.name], cwd=planned.folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """Deployed from a saved plan."""
    home = tmp_path_factory.mktemp("home")
    server = Server(home, free_port_base())
    tools = tmp_path_factory.mktemp("tools")
    install.install(tools, real=False)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("DATABRICKS_", "ARM_"))]:
            patch.delenv(name)
        patch.setenv("DATABRICKS_CONFIG_FILE", str(home / "databrickscfg"))
        patch.setenv("CHECKPOINT_DISABLE", "1")
        for name, value in install.environment(tools).items():
            patch.setenv(name, value)
        server.start()
        try:
            yield Trial(tmp_path_factory.mktemp("out"), server)
        finally:
            server.stop()


def test_what_is_applied_is_the_plan_that_was_saved_and_then_nothing_changes(trial: Trial) -> None:
    planned = trial.plan()
    assert {row.action for row in changes(planned.plan)} == {"create"} and not planned.errors
    assert access_changes(planned.plan, Labels(planned.plan, {})) == [
        AccessChange("account users", "catalog", ("planned",), ("USE_CATALOG",), ()),
        AccessChange("understudy-staging-jobs", "catalog", ("planned",), ("CREATE_SCHEMA", "USE_CATALOG"), ()),
        AccessChange("users", "job", ("training",), ("CAN_VIEW",), ()),
    ]
    assert planned.file.stat().st_mode & 0o077 == 0

    trial.apply(planned)

    assert trial.rows() == ([], [])
    assert trial.server.admin("staging").schemas.get("planned.data").name == "data"


def test_what_was_changed_by_hand_is_drift_and_the_plan_takes_it_back(trial: Trial) -> None:
    admin = trial.server.admin("staging")
    admin.schemas.update("planned.data", comment="by hand")
    admin.grants.update(
        "catalog", "planned", changes=[PermissionsChange(principal="account users", add=[Privilege.SELECT])]
    )
    planned = trial.plan()
    assert [(row.address, row.differences[0].new) for row in drift(planned.plan)] == [
        ("databricks_grants.catalog", "SELECT, USE_CATALOG"),
        ("databricks_schema.data", "by hand"),
    ]
    assert access_changes(planned.plan, Labels(planned.plan, {})) == [
        AccessChange("account users", "catalog", ("planned",), (), ("SELECT",))
    ]

    trial.apply(planned)

    assert trial.rows() == ([], []) and drift(trial.plan().plan) == []


def test_terraform_refuses_to_make_a_protected_catalog_anew_and_the_plan_says_so(trial: Trial) -> None:
    catalog = trial.resources["resource"]["databricks_catalog"]["catalog"]
    catalog["name"] = "other"
    try:
        planned = trial.plan()
    finally:
        catalog["name"] = "planned"
    assert "databricks_catalog.catalog has lifecycle.prevent_destroy set" in planned.errors[0]
    assert ("databricks_catalog.catalog", "replace", "refused") in [
        (row.address, row.action, row.guard) for row in changes(planned.plan, protection(planned.configuration))
    ]
    assert not planned.file.exists(), "a plan that was refused is not for applying"


def test_terraform_refuses_to_destroy_what_is_protected(trial: Trial) -> None:
    folder = trial.plan().folder
    done = subprocess.run(
        ["terraform", "destroy", "-auto-approve", "-no-color"], cwd=folder, capture_output=True, text=True
    )
    said = " ".join(done.stderr.replace("│", " ").split())
    assert done.returncode == 1
    assert "Instance cannot be destroyed" in said and "has lifecycle.prevent_destroy set" in said
    assert trial.server.admin("staging").schemas.get("planned.data").name == "data"
    assert trial.rows() == ([], []), "nothing at all was destroyed"


def test_what_leaves_the_configuration_is_called_out_since_terraform_would_destroy_it(trial: Trial) -> None:
    schemas = trial.resources["resource"]["databricks_schema"]
    schemas["scratch"] = {
        "catalog_name": "planned",
        "name": "scratch",
        "depends_on": ["databricks_catalog.catalog"],
        **KEPT,
    }
    trial.apply(trial.plan())
    del schemas["scratch"]
    resources, access = trial.rows()
    assert resources == [("databricks_schema.scratch", "destroy", "left")]
    assert access == []


def test_a_stack_that_does_not_exist_is_told_with_those_that_do(trial: Trial) -> None:
    with pytest.raises(PlanError, match="there is no stack prodd; there are trial"):
        plan("prodd", trial.out)


def test_what_terraform_cannot_plan_is_told_in_its_words(trial: Trial) -> None:
    trial.resources["resource"]["databricks_job"]["training"]["nmae"] = "x"
    try:
        with pytest.raises(PlanError, match="nmae"):
            trial.plan()
    finally:
        del trial.resources["resource"]["databricks_job"]["training"]["nmae"]


@pytest.mark.trial
def test_the_command_on_the_accounts_real_stack_tells_by_its_exit_status(trial: Trial, tmp_path: Path) -> None:
    out = tmp_path / "out"
    environment = {**os.environ, "CDKTF_OUTDIR": str(out), "UNDERSTUDY_STATE": str(tmp_path / "state")}

    def told(name: str, status: int) -> str:
        command = [sys.executable, "-m", "infra.plan", name]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == status, done.stdout + done.stderr
        return " ".join((done.stdout + done.stderr).split())

    (tmp_path / "state").mkdir()
    assert "databricks_service_principal × 3" in told("account", CHANGES)
    subprocess.run(["terraform", "apply", "saved.tfplan"], cwd=out / "stacks" / "account", check=True, env=environment)
    assert "account: no changes" in told("account", NO_CHANGE)

    account = trial.server.account()
    (jobs,) = [found for found in account.service_principals.list() if found.display_name == "understudy-dev-jobs"]
    account.service_principals.delete(str(jobs.id))
    drifted = told("account", CHANGES)
    assert "changed outside Terraform" in drifted
    assert "deleted │ databricks_service_principal │ understudy-dev-jobs" in drifted
