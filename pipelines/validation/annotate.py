"""What validation writes, whatever its outcome: a run with the report; on the version the report, tags and status."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime

import mlflow
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from environments import names
from pipelines.descriptions import with_section
from pipelines.registry import CHALLENGER, PENDING, STATUS, TAG_LENGTH, moment_of, take_alias, uri_of
from pipelines.task import Task
from pipelines.validation.checks import Check
from pipelines.validation.report import HEADING, as_document, failures, markdown, outcome

NOT_IN_METRIC_NAMES = re.compile(r"[^\w\-. /:]")


def begin(client: MlflowClient, version: ModelVersion) -> None:
    """Say that checks are under way."""
    client.set_model_version_tag(version.name, version.version, STATUS, PENDING)


def finish(task: Task, client: MlflowClient, version: ModelVersion, checks: Sequence[Check]) -> None:
    """Write the report, then the status: who reads PASSED or FAILED finds the report there.

    A version that failed is no Challenger any more. Champion is another matter: what is in use stays so.
    """
    moment = moment_of(datetime.now(UTC))
    report, failed = markdown(checks, moment), [check.name for check in failures(checks)]
    run_id = _log_run(task, version, checks, report, moment)
    client.update_model_version(version.name, version.version, with_section(version.description, HEADING, report))
    if failed:
        take_alias(client, version, CHALLENGER)
    tags = {
        "validated_at": moment,
        "validation_run": run_id,
        "validation_failed_checks": textwrap.shorten(", ".join(failed), TAG_LENGTH, placeholder=" …") or "none",
        STATUS: outcome(checks),
    }
    for key, value in tags.items():
        client.set_model_version_tag(version.name, version.version, key, value)


def _log_run(task: Task, version: ModelVersion, checks: Sequence[Check], report: str, moment: str) -> str:
    """The report and the numbers that were compared, in an MLflow run of their own; its id."""
    mlflow.set_experiment(names.experiment(task.environment, task.model))
    tags = {
        "code_version": task.code_version,
        "kind": "validation",
        "model_version": uri_of(version),
        STATUS: outcome(checks),
    }
    with mlflow.start_run(run_name=f"validate {task.model.name} {version.version}", tags=tags) as run:
        mlflow.log_metrics(
            {
                NOT_IN_METRIC_NAMES.sub("_", check.name): check.value
                for check in checks
                if check.value is not None and math.isfinite(check.value)
            }
        )
        mlflow.log_text(report, "validation.md")
        mlflow.log_dict(as_document(uri_of(version), checks, moment), "validation.json")
    return str(run.info.run_id)
