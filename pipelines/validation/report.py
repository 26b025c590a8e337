"""What people read of a validation: on the version, in its run, in the job's error. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pipelines.registry import FAILED, PASSED
from pipelines.validation.checks import Check

HEADING = "## Validation"


def outcome(checks: Sequence[Check]) -> str:
    """PASSED or FAILED."""
    return PASSED if all(check.passed for check in checks) else FAILED


def failures(checks: Sequence[Check]) -> list[Check]:
    """Those that failed: first what was found, then what could not be looked at because of it."""
    return sorted((check for check in checks if not check.passed), key=lambda check: not check.ran)


def reasons(checks: Sequence[Check]) -> str:
    """Why a version failed, as one line."""
    failed = failures(checks)
    waiting = ", ".join(check.name for check in failed if not check.ran)
    return "; ".join([*(str(check) for check in failed if check.ran), *([f"not run: {waiting}"] if waiting else [])])


def markdown(checks: Sequence[Check], moment: str) -> str:
    """All checks, those that failed first."""
    ordered = [*failures(checks), *(check for check in checks if check.passed)]
    lines = [f"- {'✓' if check.passed else '✗'} {check}" for check in ordered]
    return "\n".join([f"{HEADING} ({moment}): {outcome(checks)}", "", *lines])


def as_document(uri: str, checks: Sequence[Check], moment: str) -> dict[str, Any]:
    """The same for programs."""
    return {
        "model_version": uri,
        "validated_at": moment,
        "outcome": outcome(checks),
        "checks": [asdict(check) for check in checks],
    }
