"""Terraform itself: the stack is synthesized, planned and the plan saved, so that delivery can apply this very plan."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# Where `cdktf` writes, and deploys from: a saved plan names files relative to it.
OUT = Path(os.environ.get("CDKTF_OUTDIR", ROOT / "cdktf.out")).resolve()
SAVED = "saved.tfplan"


class PlanError(Exception):
    """The stacks could not be synthesized or planned; the message says what was said."""


@dataclass(frozen=True)
class Planned:
    """A stack's plan: Terraform's JSON, the file that can be applied, and the errors with which it was refused."""

    stack: str
    plan: dict[str, Any]
    configuration: dict[str, Any]
    folder: Path
    file: Path
    errors: tuple[str, ...]


def synthesize() -> None:
    """Write all stacks' JSON where `cdktf` writes it. Raises PlanError with what the app said."""
    environment = {**os.environ, "CDKTF_OUTDIR": str(OUT)}
    done = subprocess.run([sys.executable, "-m", "infra"], cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise PlanError(done.stderr.strip())


def plan(stack: str, out: Path = OUT) -> Planned:
    """Let Terraform plan a stack. A plan that it refuses is answered, too, with its errors, when it can be shown.

    Raises PlanError when there is no such stack or nothing to show.
    """
    folder = out / "stacks" / stack
    file = folder / SAVED
    if not (folder / "cdk.tf.json").exists():
        known = ", ".join(sorted(path.parent.name for path in out.glob("stacks/*/cdk.tf.json")))
        raise PlanError(f"there is no stack {stack}; there are {known}")
    file.unlink(missing_ok=True)
    # Another backend than last time is no reason to move states.
    init = ("init", "-input=false", "-no-color", "-reconfigure")
    started = _terraform(folder, *init)
    if started.returncode and "checksums" in started.stderr:
        # Another package of the same provider than the one that was used last. The stack names exact versions, and
        # the lock file beside it was written by an init such as this one.
        (folder / ".terraform.lock.hcl").unlink()
        started = _terraform(folder, *init)
    if started.returncode:
        raise PlanError(f"{stack}: terraform init failed:\n{started.stderr.strip()}")
    done = _terraform(folder, "plan", "-json", "-input=false", f"-out={SAVED}")
    errors = tuple(_errors(done.stdout))
    if not file.exists():
        raise PlanError(f"{stack}: " + ("\n".join(errors) or done.stderr.strip() or done.stdout.strip()))
    shown = _terraform(folder, "show", "-json", SAVED)
    if shown.returncode:
        raise PlanError(f"{stack}: {shown.stderr.strip()}")
    if errors:
        file.unlink()
    else:
        # It holds every value in the clear, secrets included.
        file.chmod(0o600)
    configuration = json.loads((folder / "cdk.tf.json").read_text(encoding="utf-8"))
    return Planned(stack, json.loads(shown.stdout), configuration, folder, file, errors)


def program() -> str:
    """Terraform or OpenTofu: the program that the CDK for Terraform would call."""
    return os.environ.get("TERRAFORM_BINARY_NAME", "terraform")


def _terraform(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TF_IN_AUTOMATION": "1"}
    return subprocess.run([program(), *arguments], cwd=folder, env=environment, capture_output=True, text=True)


def _errors(lines: str) -> list[str]:
    """The errors among Terraform's lines of JSON."""
    found = []
    for line in lines.splitlines():
        diagnostic = json.loads(line).get("diagnostic", {}) if line.startswith("{") else {}
        if diagnostic.get("severity") == "error":
            said = (
                diagnostic.get("address", ""),
                diagnostic["summary"],
                " ".join(diagnostic.get("detail", "").split()),
            )
            found.append(": ".join(part for part in said if part))
    return found
