"""What validation writes on a model version, whatever its outcome: status, tags, and a report in its description."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from pipelines.registry import FAILED, PASSED, PENDING, STATUS, TAG_LENGTH
from pipelines.validation.checks import Check

HEADING = "## Validation"


def begin(client: MlflowClient, version: ModelVersion) -> None:
    """Say that checks are under way."""
    client.set_model_version_tag(version.name, version.version, STATUS, PENDING)


def finish(client: MlflowClient, version: ModelVersion, checks: Sequence[Check], now: datetime | None = None) -> None:
    """Write the report, then the status: who reads PASSED or FAILED finds the report there."""
    failed = [check.name for check in checks if not check.passed]
    moment = f"{now or datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    client.update_model_version(version.name, version.version, description(version.description, checks, moment))
    tags = {"validated_at": moment, "validation_failed_checks": ", ".join(failed)[:TAG_LENGTH] or "none"}
    for key, value in {**tags, STATUS: FAILED if failed else PASSED}.items():
        client.set_model_version_tag(version.name, version.version, key, value)


def description(before: str | None, checks: Sequence[Check], moment: str) -> str:
    """The version's description with the report of this validation in place of an earlier one."""
    text = (before or "").split(HEADING)[0].rstrip()
    lines = [f"- {'✓' if check.passed else '✗'} {check}" for check in checks]
    return "\n".join([text, "", f"{HEADING} ({moment})", *lines]).lstrip()
