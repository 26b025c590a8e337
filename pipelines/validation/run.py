"""Validation: a new version is checked; it leaves PASSED, with the alias Challenger, or FAILED, and the job stops."""

from __future__ import annotations

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from pipelines.errors import PipelineError
from pipelines.evaluation.held_out import held_out_rows
from pipelines.evaluation.metrics import Metrics, slice_quality
from pipelines.registry import CHALLENGER, uri_of, version_of
from pipelines.task import Task, log, run_stage
from pipelines.validation.annotate import begin, finish
from pipelines.validation.answers import example_check, load_check, signature_check
from pipelines.validation.checks import Check, metric_check, slice_checks, tags_check


def validate(task: Task) -> None:
    """Check the version that the model URI names and write the outcome on it."""
    client = MlflowClient()
    version = version_of(task, client)
    begin(client, version)
    try:
        checks = _checks(task, version)
    except Exception as error:  # the version must not stay PENDING; the error itself goes on
        finish(client, version, [Check("checks", False, f"{type(error).__name__}: {error}", "checks that run")])
        raise
    for check in checks:
        log.info("%s", check)
    finish(client, version, checks)
    failed = [check for check in checks if not check.passed]
    if failed:
        raise PipelineError(f"model {uri_of(version)}", "; ".join(map(str, failed)), "every check to pass")
    client.set_registered_model_alias(version.name, CHALLENGER, version.version)
    log.info("%s passed %d checks and is now %s", uri_of(version), len(checks), CHALLENGER)


def _checks(task: Task, version: ModelVersion) -> list[Check]:
    rules = task.model.validation
    model, loads = load_check(version)
    checks = [tags_check(version.tags, rules), loads]
    if model is None:
        return checks
    checks += [signature_check(model), example_check(model)]
    if not all(check.passed for check in checks[1:]):
        return checks
    rows = held_out_rows(task, version.run_id)
    scores = model.scores(rows)
    label, metrics = task.model.label, Metrics(task.model.problem, task.code.METRICS)
    slices = slice_quality(metrics, rows, label, scores, rules.slices, rules.slice_min_rows)
    return [*checks, metric_check(metrics.all(rows[label].to_numpy(), scores), rules), *slice_checks(slices, rules)]


def main() -> None:
    """Entry point of the wheel."""
    run_stage("validation", validate)
