"""Who is to be told of a run's end, by its job's e-mail settings. Recorded here; delivery is another service's."""

from __future__ import annotations

from rehearsal.workspace.jobs.runs import milliseconds
from rehearsal.workspace.store import Body, Transaction

KIND = "notification"
_EVENTS = {
    "FAILED": "on_failure",
    "TIMEDOUT": "on_failure",
    "SUCCESS": "on_success",
    "SUCCESS_WITH_FAILURES": "on_success",
}


def of_ended_run(tx: Transaction, run: Body) -> None:
    """Record one notification for the run and one for each task whose settings name recipients."""
    _record(tx, run, run, run["settings"]["name"], run["settings"].get("email_notifications") or {})
    by_key = {task["task_key"]: task for task in run["tasks"]}
    for settings in run["settings"].get("tasks", []):
        emails = settings.get("email_notifications") or {}
        _record(tx, run, by_key[settings["task_key"]], f"{run['settings']['name']}: {settings['task_key']}", emails)


def _record(tx: Transaction, run: Body, subject: Body, title: str, emails: Body) -> None:
    event = _EVENTS.get(subject["result"])
    recipients = emails.get(event, []) if event else []
    if not recipients:
        return
    number = tx.next_id(KIND)
    body = {
        "workspace": run["workspace"],
        "job_id": run["job_id"],
        "run_id": run["run_id"],
        "event": event,
        "recipients": recipients,
        "subject": f"[{subject['result']}] {title}",
        "message": subject.get("message") or "",
        "time": milliseconds(),
    }
    tx.put(KIND, f"{run['workspace']}/{number:012d}", body)
