"""Deploy, compare and destroy with the CDK for Terraform's own command line, exactly as a person would."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rehearsal.forked_python import PARENT
from rehearsal.play.platform import LocalPlatform
from rehearsal.play.report.model import Resource
from rehearsal.provider import install

ROOT = Path(__file__).parents[2]
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_CHANGE = re.compile(r"((?:databricks|azurerm)_\S+: (?:Creation|Modifications|Destruction) complete)")
_SUMMARY = re.compile(r"(?:Apply|Destroy) complete! Resources: (.*)\.")
_COUNT = re.compile(r"(\d+) (\w+)")


class DeployError(Exception):
    """Terraform or the CDK refused; the message ends with what it said."""


def cdktf(
    verb: str,
    stacks: Sequence[str],
    variables: Mapping[str, str],
    progress: Callable[[str], None],
    *,
    synthesize: bool = True,
) -> str:
    """Run `cdktf <verb> <stacks>`, which works on all at the same time; how much it added, changed and destroyed.

    Args:
        variables: what `environment` answers.
        synthesize: write all stacks' JSON anew; False when that has just been done for another stack.

    Raises DeployError when it exits with anything but 0.
    """
    command = ["cdktf", verb, *stacks]
    if verb in {"deploy", "destroy"}:
        command.append("--auto-approve")
    if not synthesize:
        command.append("--skip-synth")
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**_inherited(), **variables, "CI": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines, counts = [], Counter[str]()
    for raw in process.stdout:
        line = _COLOUR.sub("", raw).strip()
        if not line:
            continue
        lines.append(line)
        if summary := _SUMMARY.search(line):
            counts.update({what: int(count) for count, what in _COUNT.findall(summary.group(1))})
        if change := _CHANGE.search(line):
            progress(change.group(1))
    if process.wait() != 0:
        raise DeployError(f"`{' '.join(command)}` failed with status {process.returncode}:\n" + "\n".join(lines[-40:]))
    return ", ".join(f"{count} {what}" for what, count in counts.items())


def _inherited() -> dict[str, str]:
    """Our environment without what would speak louder than the profile that a stack names (DATABRICKS_HOST, say)."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("DATABRICKS_", "ARM_"))}


def environment(local: LocalPlatform) -> dict[str, str]:
    """The variables that point cdktf and databricks-sdk to the workspaces, and Terraform to providers and state."""
    return {
        "DATABRICKS_CONFIG_FILE": str(local.config_file),
        "UNDERSTUDY_STATE": str(local.terraform_state),
        # Terraform remembers beside a stack where its state is: another home's is remembered elsewhere.
        "TF_DATA_DIR": f".terraform-{hashlib.sha256(bytes(local.home)).hexdigest()[:12]}",
        "CHECKPOINT_DISABLE": "1",
        PARENT: local.warm_parent,
        **local.azure_login(),
        **install.environment(ROOT / ".understudy"),
    }


def resources(local: LocalPlatform, stack: str) -> list[Resource]:
    """What Terraform's state says exists in a stack, by type and name."""
    state = json.loads((local.terraform_state / f"{stack}.tfstate").read_text())
    found = []
    for resource in state["resources"]:
        if resource["mode"] != "managed":
            continue
        for instance in resource["instances"]:
            attributes = instance["attributes"]
            name = attributes.get("name") or attributes.get("display_name") or resource["name"]
            found.append(Resource(resource["type"], str(name), str(attributes.get("id", ""))))
    return sorted(found, key=lambda resource: (resource.type, resource.name))


def providers() -> dict[str, tuple[str, str]]:
    """(`real` or `stand-in`, version) of the providers that Terraform uses here, by name."""
    record = json.loads((ROOT / ".understudy" / "terraform" / "provider.json").read_text())
    chosen = {"databricks": record, "azurerm": record["azurerm"]}
    return {name: (choice["kind"], choice["version"]) for name, choice in chosen.items()}
