"""Terraform in a folder of its own, with the stand-in providers."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.provider import install
from tests.workspace.conftest import Server

NO_CHANGES, CHANGES = 0, 2
_DATABRICKS = """
terraform {
  required_providers {
    databricks = { source = "databricks/databricks" }
  }
}
provider "databricks" { profile = "dev" }
"""


@dataclass
class Terraform:
    """Runs Terraform; a status other than the expected one fails the test with what Terraform said."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, expect: int = 0) -> str:
        done = subprocess.run(
            ["terraform", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    def apply(self) -> str:
        return self("apply", "-auto-approve", "-no-color", "-input=false")

    def plan(self, expect: int) -> str:
        return self("plan", "-detailed-exitcode", "-no-color", "-input=false", expect=expect)

    def destroy(self) -> str:
        return self("destroy", "-auto-approve", "-no-color", "-input=false")

    def write(self, text: str) -> None:
        (self.folder / "main.tf").write_text(text)

    def declare(self, resources: dict[str, dict[str, object]]) -> None:
        """Resources by type and name, in JSON as the CDK writes them."""
        (self.folder / "resources.tf.json").write_text(json.dumps({"resource": resources}))

    def identifier(self, address: str) -> str:
        """The id of a resource."""
        return str(self.state()[address]["id"])

    def state(self) -> dict[str, dict[str, object]]:
        shown = json.loads(self("show", "-json"))
        resources = shown.get("values", {}).get("root_module", {}).get("resources", [])
        return {resource["address"]: resource["values"] for resource in resources}

    def output(self, name: str) -> str:
        return str(json.loads(self("output", "-json"))[name]["value"])


def prepare(server: Server, folder: Path, variables: dict[str, str] | None = None) -> Terraform:
    """Terraform that finds the stand-ins and signs in as the administrator, and to Azure with `variables`."""
    install.install(server.home, real=False, ask_again=True)
    ours = ("DATABRICKS_", "TF_", "ARM_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    profiles = {"DATABRICKS_CONFIG_FILE": str(server.home / "databrickscfg"), "CHECKPOINT_DISABLE": "1"}
    return Terraform(folder, {**inherited, **install.environment(server.home), **profiles, **(variables or {})})


def in_workspace(server: Server, folder: Path) -> Terraform:
    """Terraform whose resources are declared in workspace `dev`."""
    terraform = prepare(server, folder)
    terraform.write(_DATABRICKS)
    terraform("init", "-input=false", "-no-color")
    return terraform
