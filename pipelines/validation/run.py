"""Validation: a new version is checked; it leaves PASSED, with the alias Challenger, or FAILED, and the job stops."""

from __future__ import annotations

from functools import partial

from mlflow import MlflowClient

from environments import names
from environments.settings import Model
from pipelines.errors import PipelineError
from pipelines.evaluation.held_out import held_out_rows
from pipelines.features.lookups import feature_columns
from pipelines.registry import CHALLENGER, FAILED, uri_of, version_of
from pipelines.task import Task, log, run_stage
from pipelines.validation.annotate import begin, finish
from pipelines.validation.checks import Check, in_words
from pipelines.validation.every import every_check
from pipelines.validation.report import outcome, reasons


def validate(task: Task) -> None:
    """Check the version that the model URI names and write the outcome on it."""
    client = MlflowClient()
    version = version_of(client, names.registered_model(task.environment, task.model), task.model_uri)
    begin(client, version)
    rows = partial(held_out_rows, task, version.run_id, also=_groups(task.model))
    try:
        checks = every_check(task, version, client, rows)
    except Exception as error:  # the version must not stay PENDING; the error itself goes on
        finish(task, client, version, [Check("checks", False, in_words(error), "checks that run")])
        raise
    for check in checks:
        log.info("%s", check)
    finish(task, client, version, checks)
    if outcome(checks) == FAILED:
        raise PipelineError(f"model {uri_of(version)}", reasons(checks), "every check to pass")
    client.set_registered_model_alias(version.name, CHALLENGER, version.version)
    log.info("%s passed %d checks and is now %s", uri_of(version), len(checks), CHALLENGER)


def _groups(model: Model) -> list[str]:
    """Columns by which fairness is judged and that are no features."""
    return [rule.column for rule in model.validation.fairness if rule.column not in feature_columns(model)]


def main() -> None:
    """Entry point of the wheel."""
    run_stage("validation", validate)
