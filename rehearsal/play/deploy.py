"""Deploy, compare and destroy with the CDK for Terraform's own command line, exactly as a person would."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from rehearsal.play.report.model import Resource
from rehearsal.provider import install

ROOT = Path(__file__).parents[2]
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_CHANGE = re.compile(r"(databricks_\S+: (?:Creation|Modifications|Destruction) complete)")
_SUMMARY = re.compile(r"(Apply complete!.*|Destroy complete!.*|No changes\..*)")


class DeployError(Exception):
    """Terraform or the CDK refused; the message ends with what it said."""


def cdktf(verb: str, stack: str, config_file: Path, progress: Callable[[str], None], *, synthesize: bool = True) -> str:
    """Run `cdktf <verb> <stack>` against the workspaces of a Databricks configuration file; its last summary line.

    Args:
        synthesize: write all stacks' JSON anew; False when that has just been done for another stack.

    Raises DeployError when it exits with anything but 0.
    """
    command = ["cdktf", verb, stack]
    if verb in {"deploy", "destroy"}:
        command.append("--auto-approve")
    if not synthesize:
        command.append("--skip-synth")
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=_inherited() | environment(config_file) | {"CI": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines, summary = [], ""
    for raw in process.stdout:
        line = _COLOUR.sub("", raw).strip()
        if not line:
            continue
        lines.append(line)
        found = _SUMMARY.search(line)
        summary = found.group(1) if found else summary
        change = _CHANGE.search(line)
        if change:
            progress(change.group(1))
    if process.wait() != 0:
        raise DeployError(f"`{' '.join(command)}` failed with status {process.returncode}:\n" + "\n".join(lines[-40:]))
    return summary


def _inherited() -> dict[str, str]:
    """Our environment without what would speak louder than the profile that a stack names (DATABRICKS_HOST, say)."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("DATABRICKS_", "ARM_"))}


def environment(config_file: Path) -> dict[str, str]:
    """The variables that point cdktf and databricks-sdk to the workspaces, and Terraform to the provider."""
    return {
        "DATABRICKS_CONFIG_FILE": str(config_file),
        "CHECKPOINT_DISABLE": "1",
        **install.environment(ROOT / ".understudy"),
    }


def resources(stack: str) -> list[Resource]:
    """What Terraform's local state says exists in a stack, by type and name."""
    state = json.loads((ROOT / f"terraform.{stack}.tfstate").read_text())
    found = []
    for resource in state["resources"]:
        if resource["mode"] != "managed":
            continue
        for instance in resource["instances"]:
            attributes = instance["attributes"]
            name = attributes.get("name") or attributes.get("display_name") or resource["name"]
            found.append(Resource(resource["type"], str(name), str(attributes.get("id", ""))))
    return sorted(found, key=lambda resource: (resource.type, resource.name))


def provider_kind() -> tuple[str, str]:
    """(`real` or `stand-in`, version) of the Databricks provider that Terraform uses here."""
    record = json.loads((ROOT / ".understudy" / "terraform" / "provider.json").read_text())
    return record["kind"], record["version"]
