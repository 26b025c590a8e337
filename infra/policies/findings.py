"""What checkov finds in the synthesized stacks, less what is accepted with a reason."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from environments.strict import NonEmpty, Strict
from environments.yaml_source import read_settings

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


class PolicyError(Exception):
    """Checkov could not check everything; what it did not check may be wrong."""


class Suppression(Strict):
    """A finding that is accepted in some stacks."""

    check: NonEmpty
    name: NonEmpty
    stacks: Annotated[list[NonEmpty], Field(min_length=1)]
    reason: NonEmpty


class Suppressions(Strict):
    """The file of suppressions."""

    suppressions: list[Suppression]


@dataclass(frozen=True, order=True)
class Finding:
    """A resource that breaks a policy."""

    stack: str
    check: str
    resource: str
    name: str

    def __str__(self) -> str:
        return f"{self.stack}: {self.resource}: {self.name} ({self.check})"


def read_suppressions(file: Path = HERE / "suppressions.yaml") -> list[Suppression]:
    """The accepted findings. Raises SettingsError."""
    return read_settings(file, Suppressions).suppressions


def scan(checkov: Path, folder: Path) -> tuple[list[Finding], set[str]]:
    """Run checkov on a folder of stacks: what it finds, and the checks that it passed. Raises PolicyError."""
    command: list[str | Path] = [
        checkov,
        "--config-file",
        HERE / "checkov.yaml",
        "--directory",
        folder,
        "--output",
        "json",
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    # A check that fails itself is logged, and then counts as neither failed nor passed.
    if result.returncode not in (0, 1) or "[ERROR]" in result.stderr:
        raise PolicyError(result.stderr)
    report = json.loads(result.stdout)
    if report["summary"]["parsing_errors"]:
        raise PolicyError(f"{report['summary']['parsing_errors']} files could not be read")
    failed = [
        Finding(Path(found["file_path"]).parent.name, found["check_id"], found["resource"], found["check_name"])
        for found in report["results"]["failed_checks"]
    ]
    return sorted(set(failed)), {found["check_id"] for found in report["results"]["passed_checks"]}


def unaccepted(findings: Sequence[Finding], suppressions: Sequence[Suppression]) -> list[Finding]:
    """Findings that no suppression accepts."""
    accepted = {(suppression.check, stack) for suppression in suppressions for stack in suppression.stacks}
    return [finding for finding in findings if (finding.check, finding.stack) not in accepted]


def unused(findings: Sequence[Finding], suppressions: Sequence[Suppression]) -> list[tuple[str, str]]:
    """(check, stack) of suppressions that hide nothing: the finding is gone, and so must they be."""
    found = {(finding.check, finding.stack) for finding in findings}
    said = [(suppression.check, stack) for suppression in suppressions for stack in suppression.stacks]
    return [pair for pair in said if pair not in found]
