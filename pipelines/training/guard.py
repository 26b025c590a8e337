"""May the training job go on? An alert that is well again starts none, nor does one soon after another's training, nor
while traffic moves to a version that is newer than what the alert complains of.

A held back run ends well: its next task, a condition, reads this one's task value. A training that is scheduled or
started by hand is wanted, and not held back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mlflow import MlflowClient

from environments import names
from pipelines.registry import ROLLOUT, moment_of, version_with_alias
from pipelines.task import Task, log, run_stage
from pipelines.training.cause import ALERT, TRIGGER, TRIGGERED, Cause

PROCEED = "proceed"  # task value: "true" or "false"


def guard(task: Task) -> None:
    """Say whether to go on, in the log and as a task value."""
    from databricks.sdk.runtime import dbutils

    last, moving = None, None
    if task.cause.trigger == ALERT:
        client = MlflowClient()
        last = last_by_an_alert(client, names.experiment(task.environment, task.model))
        moving = version_with_alias(client, names.registered_model(task.environment, task.model), ROLLOUT)
    cool_down = timedelta(days=task.model.monitoring.cool_down_days)
    why = held_back(task.cause, last, moving.version if moving else None, datetime.now(UTC), cool_down)
    log.info("no training: %s" if why else "training, because of %s", why or task.cause.sentence())
    dbutils.jobs.taskValues.set(key=PROCEED, value=str(why is None).lower())


def held_back(
    cause: Cause, last: datetime | None, moving: str | int | None, now: datetime, cool_down: timedelta
) -> str | None:
    """Why there is to be no training; None where there is to be one.

    Args:
        last: when an alert started the last training.
        moving: the version to which traffic moves.
    """
    if cause.trigger != ALERT:
        return None
    if cause.alert_state not in ("", TRIGGERED):
        return f"alert {cause.alert} is {cause.alert_state}"
    if moving is not None:
        return f"version {moving} is being rolled out (alert {cause.alert})"
    if last is None or now >= last + cool_down:
        return None
    again = f"alerts start none before {moment_of(last + cool_down)}"
    return f"cool-down: an alert started the training of {moment_of(last)}, {again} (alert {cause.alert})"


def last_by_an_alert(client: MlflowClient, experiment_name: str) -> datetime | None:
    """When the last training began that an alert had started, whatever became of it; UTC."""
    experiment = client.get_experiment_by_name(experiment_name)
    if experiment is None:
        return None
    wanted = f"tags.kind = 'training' AND tags.{TRIGGER} = '{ALERT}'"
    runs = client.search_runs(
        [experiment.experiment_id], wanted, order_by=["attributes.start_time DESC"], max_results=1
    )
    return datetime.fromtimestamp(runs[0].info.start_time / 1000, UTC) if runs else None


def main() -> None:
    """Entry point of the wheel."""
    run_stage("training_guard", guard)
