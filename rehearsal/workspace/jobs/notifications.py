"""Who is told of a run's end, by its job's settings: people by e-mail, programs by webhook."""

from __future__ import annotations

from rehearsal.workspace.identity.installation import workspace_id
from rehearsal.workspace.notifications import outbox
from rehearsal.workspace.notifications.outbox import Message
from rehearsal.workspace.store import Body, Transaction

_EVENTS = {
    "FAILED": "on_failure",
    "TIMEDOUT": "on_failure",
    "SUCCESS": "on_success",
    "SUCCESS_WITH_FAILURES": "on_success",
}


def of_ended_run(tx: Transaction, run: Body) -> None:
    """Send word of the run, and of each task whose settings name somebody."""
    settings = run["settings"]
    _tell(tx, run, run, settings["name"], settings)
    by_key = {task["task_key"]: task for task in run["tasks"]}
    for task in settings.get("tasks", []):
        _tell(tx, run, by_key[task["task_key"]], f"{settings['name']}: {task['task_key']}", task)


def _tell(tx: Transaction, run: Body, subject: Body, title: str, settings: Body) -> None:
    event = _EVENTS.get(subject["result"])
    if event is None:
        return
    emails = (settings.get("email_notifications") or {}).get(event, [])
    webhooks = (settings.get("webhook_notifications") or {}).get(event, [])
    message = Message(
        subject=f"[{subject['result']}] {title}",
        text="\n".join(part for part in (subject.get("message"), f"Job {run['job_id']}, run {run['run_id']}.") if part),
        payload=_payload(run, subject, event),
    )
    outbox.send(tx, run["workspace"], message, emails, [webhook["id"] for webhook in webhooks])


def _payload(run: Body, subject: Body, event: str) -> Body:
    """https://learn.microsoft.com/azure/databricks/jobs/notifications#webhook-payload-format"""
    payload: Body = {
        "event_type": f"jobs.{event}",
        "workspace_id": str(workspace_id(run["workspace"])),
        "run": {"run_id": str(subject["run_id"])},
        "job": {"job_id": str(run["job_id"]), "name": run["settings"]["name"]},
    }
    if subject is not run:
        payload["run"]["parent_run_id"] = str(run["run_id"])
        payload["task"] = {"task_key": subject["task_key"]}
    return payload
