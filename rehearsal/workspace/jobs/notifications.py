"""Who is told of a run and of its tasks, by the job's settings: people by e-mail, programs by webhook.

Called inside the transaction of what it tells of. https://learn.microsoft.com/azure/databricks/jobs/notifications
"""

from __future__ import annotations

from rehearsal.workspace.errors import invalid
from rehearsal.workspace.identity.installation import workspace_id
from rehearsal.workspace.jobs import health, runs
from rehearsal.workspace.jobs.runs import Where
from rehearsal.workspace.jobs.states import CANCELED
from rehearsal.workspace.notifications import outbox
from rehearsal.workspace.notifications.outbox import Message
from rehearsal.workspace.store import Body, Transaction

START, SUCCESS, FAILURE = "on_start", "on_success", "on_failure"
DURATION = "on_duration_warning_threshold_exceeded"
_EVENTS = (START, SUCCESS, FAILURE, DURATION)
_SKIPPED = frozenset({"MAXIMUM_CONCURRENT_RUNS_REACHED", "UPSTREAM_FAILED", "UPSTREAM_CANCELED"})
_WORDS = {START: "STARTED", DURATION: "DURATION WARNING"}


def event_of(result: str) -> str | None:
    """The event that a result is. What was excluded counts as successful, and nobody is told of it."""
    if result == "EXCLUDED":
        return None
    return SUCCESS if result in ("SUCCESS", "SUCCESS_WITH_FAILURES") else FAILURE


def check(owner: str, settings: Body) -> None:
    """Raises DatabricksError 400 for events that never come here."""
    for field in ("email_notifications", "webhook_notifications"):
        for event, recipients in (settings.get(field) or {}).items():
            if event.startswith("on_") and event not in _EVENTS and recipients:
                raise invalid(f"{owner}: {field}.{event} is not supported; use one of {', '.join(_EVENTS)}.")


def of_run(tx: Transaction, run: Body, event: str) -> None:
    """Send word of an event of the run itself."""
    _tell(tx, run, run, run["settings"]["name"], run["settings"], event)


def of_ended_run(tx: Transaction, run: Body) -> None:
    """Send word of the run's end."""
    event = event_of(run["result"])
    if event is not None:
        of_run(tx, run, event)


def of_task(tx: Transaction, run: Body, where: Where, event: str | None, last: bool = True) -> None:
    """Send word of an event of one of the run's records.

    Args:
        last: of a failure, no other attempt follows.
    """
    settings, record = runs.settings_of(run, where), runs.record(run, where)
    # Then on_start is of the first attempt alone, and on_failure of the last:
    # https://docs.databricks.com/api/azure/workspace/jobs/create#tasks-notification_settings
    alone = (settings.get("notification_settings") or {}).get("alert_on_last_attempt")
    if alone and ((event == START and record.get("retries")) or (event == FAILURE and not last)):
        return
    if event is not None:
        _tell(tx, run, record, f"{run['settings']['name']}: {settings['task_key']}", settings, event)


def _tell(tx: Transaction, run: Body, subject: Body, title: str, settings: Body, event: str) -> None:
    if event == FAILURE and _silenced(subject["result"], settings):
        return
    emails = (settings.get("email_notifications") or {}).get(event) or []
    webhooks = (settings.get("webhook_notifications") or {}).get(event) or []
    if not emails and not webhooks:
        return
    lines = [subject.get("message") if event in (SUCCESS, FAILURE) else None]
    if event == DURATION:
        lines = [f"Still running after {health.duration_threshold(settings)} seconds."]
    message = Message(
        subject=f"[{_WORDS.get(event) or subject['result']}] {title}",
        text="\n".join(part for part in (*lines, f"Job {run['job_id']}, run {run['run_id']}.") if part),
        payload=_payload(run, subject, settings, event),
        page=f"/jobs/{run['job_id']}/runs/{run['run_id']}",
    )
    outbox.send(tx, run["workspace"], message, emails, [webhook["id"] for webhook in webhooks])


def _silenced(result: str, settings: Body) -> bool:
    chosen = settings.get("notification_settings") or {}
    # The older place of the same setting.
    skipped = chosen.get("no_alert_for_skipped_runs") or (settings.get("email_notifications") or {}).get(
        "no_alert_for_skipped_runs"
    )
    return bool((result in _SKIPPED and skipped) or (result in CANCELED and chosen.get("no_alert_for_canceled_runs")))


def _payload(run: Body, subject: Body, settings: Body, event: str) -> Body:
    """https://learn.microsoft.com/azure/databricks/jobs/notifications#webhook-payload-format"""
    payload: Body = {
        "event_type": f"jobs.{event}",
        "workspace_id": str(workspace_id(run["workspace"])),
        "run": {"run_id": str(subject["run_id"])},
        "job": {"job_id": str(run["job_id"]), "name": run["settings"]["name"]},
    }
    if subject is not run:
        payload["run"]["parent_run_id"] = str(run["run_id"])
        payload["task"] = {"task_key": settings["task_key"]}
    return payload
