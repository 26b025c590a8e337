"""Resources declared as the CDK writes them, in JSON, applied by Terraform with the stand-in provider."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rehearsal.provider import install
from tests.workspace.conftest import Server

NO_CHANGES, CHANGES = 0, 2
HEAD = """
terraform {
  required_providers {
    databricks = { source = "databricks/databricks" }
  }
}
provider "databricks" { profile = "dev" }
"""


@dataclass
class Terraform:
    """Terraform in a folder of its own, whose configuration is JSON as the CDK writes it."""

    folder: Path
    environment: dict[str, str]

    @classmethod
    def ready(cls, server: Server, folder: Path) -> Terraform:
        """With the stand-in installed."""
        install.install(server.home, real=False, ask_again=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DATABRICKS_", "TF_"))}
        profiles = {"DATABRICKS_CONFIG_FILE": str(server.home / "databrickscfg")}
        (folder / "main.tf").write_text(HEAD)
        terraform = cls(folder, {**inherited, **install.environment(server.home), **profiles})
        terraform("init", "-input=false", "-no-color")
        return terraform

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

    def write(self, resources: dict[str, dict[str, object]]) -> None:
        """The resources, by type and name."""
        (self.folder / "resources.tf.json").write_text(json.dumps({"resource": resources}))

    def apply(self) -> str:
        return self("apply", "-auto-approve", "-no-color", "-input=false")

    def plan(self, expect: int) -> str:
        return self("plan", "-detailed-exitcode", "-no-color", "-input=false", expect=expect)

    def identifier(self, address: str) -> str:
        """The id of a resource."""
        resources = json.loads(self("show", "-json"))["values"]["root_module"]["resources"]
        return next(str(resource["values"]["id"]) for resource in resources if resource["address"] == address)
