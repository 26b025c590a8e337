"""Approval: the job waits until a person has said yes or no to the version, by a tag that the task's name names.

So do MLflow's deployment jobs on Databricks; their example fails and has the run repaired by who approves, this task
waits. https://learn.microsoft.com/azure/databricks/mlflow/deployment-job
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from environments import names
from environments.promotion import Approval
from pipelines.deployment.verdict import Verdict, verdict
from pipelines.errors import PipelineError
from pipelines.registry import (
    ANSWER,
    ANSWER_REASON,
    ANSWERED_AT,
    ANSWERED_BY,
    APPROVAL_STATUS,
    APPROVED,
    CHALLENGER,
    CHAMPION,
    PENDING,
    REJECTED,
    TIMED_OUT,
    has_alias,
    moment_of,
    require_passed,
    take_alias,
    uri_of,
    version_of,
    version_with_alias,
)
from pipelines.task import Task, log, run_stage

POLL_SECONDS = 2.0


def approve(task: Task) -> None:
    """Return when a person has approved the version. Raises PipelineError when one rejects it, or nobody answers.

    An answer that is there already holds. After a time-out the task may be repeated: it asks again.
    """
    client = MlflowClient()
    version = version_of(client, names.registered_model(task.environment, task.model), task.model_uri)
    rules = task.model.promotion.approval
    if rules is None:
        raise PipelineError(f"model {task.model.name}, promotion.approval", "nothing", "settings of the approval")
    if has_alias(client, version, CHAMPION):
        log.info("%s is %s already: nobody is asked", uri_of(version), CHAMPION)
        return
    require_passed(version)
    answer = verdict(version.tags)
    if answer.status != REJECTED and version_with_alias(client, version.name, CHALLENGER) is None:
        # A time-out has taken it.
        client.set_registered_model_alias(version.name, CHALLENGER, version.version)
    if answer.status == PENDING:
        _ask(task, client, version, rules)
        answer = _wait(client, version, rules)
    _conclude(client, version, answer)


def _ask(task: Task, client: MlflowClient, version: ModelVersion, rules: Approval) -> None:
    """Say on the version and in the log what is awaited; what is left of an earlier answer goes."""
    for key in (ANSWERED_BY, ANSWER_REASON, ANSWERED_AT):
        if key in version.tags:
            client.delete_model_version_tag(version.name, version.version, key)
    client.set_model_version_tag(version.name, version.version, APPROVAL_STATUS, PENDING)
    about = f"ENV={task.environment.name} MODEL={task.model.name} VERSION={version.version}"
    log.info("%s waits for approval, %d minutes at most", uri_of(version), rules.timeout_minutes)
    log.info('answer on its page, by `make approve %s REASON="…"` or `make reject …`,', about)
    log.info("or by its tag %s: Approved or Rejected", ANSWER)


def _wait(client: MlflowClient, version: ModelVersion, rules: Approval) -> Verdict:
    """The answer, as soon as there is one; TIMED_OUT when there is none in time."""
    deadline = time.monotonic() + rules.timeout_minutes * 60
    answer = Verdict(PENDING)
    while answer.status == PENDING:
        left = deadline - time.monotonic()
        if left <= 0:
            return Verdict(TIMED_OUT, reason=answer.reason or f"nobody answered in {rules.timeout_minutes} minutes")
        time.sleep(min(POLL_SECONDS, left))
        answer = verdict(client.get_model_version(version.name, version.version).tags)
    return answer


def _conclude(client: MlflowClient, version: ModelVersion, answer: Verdict) -> None:
    """Write the outcome on the version. Unless it is yes, the version challenges no more, and PipelineError is raised.

    The status comes last: a task that dies before has not ended the approval, and repeats all of this.
    """
    if answer.status != APPROVED:
        take_alias(client, version, CHALLENGER)
    tags = {ANSWERED_AT: moment_of(datetime.now(UTC)), APPROVAL_STATUS: answer.status}
    if answer.status == TIMED_OUT:
        tags = {ANSWER_REASON: answer.reason, **tags}
    for key, value in tags.items():
        client.set_model_version_tag(version.name, version.version, key, value)
    if answer.status != APPROVED:
        raise PipelineError(f"model {uri_of(version)}, {ANSWER}", str(answer), APPROVED)
    log.info("%s is %s", uri_of(version), answer)


def main() -> None:
    """Entry point of the wheel."""
    run_stage("approval", approve)
