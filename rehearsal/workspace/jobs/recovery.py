"""What a start finds: tasks whose processes died with the last workspace are retried or have failed; the rest goes on.

On Databricks a run that loses its compute ends the same way: DRIVER_ERROR, after the retries that its settings allow.
"""

from __future__ import annotations

from rehearsal.workspace.context import Platform
from rehearsal.workspace.identity import tokens
from rehearsal.workspace.jobs import notifications, records, runs, states
from rehearsal.workspace.jobs.runs import Where
from rehearsal.workspace.jobs.tasks import type_of
from rehearsal.workspace.store import Body, Transaction

_LOST = "The compute that ran the task was lost when the workspace stopped."


def recover(platform: Platform) -> list[Body]:
    """Put the store in order; returns the active runs, oldest first."""
    with platform.store.transaction() as tx:
        found = [entry for entry in tx.list(runs.ENTRY_KIND) if states.is_active(entry)]
        active = [runs.find(tx, entry["workspace"], entry["run_id"]) for entry in found]
        for run in active:
            for where, record in runs.every_record(run):
                _take_up(tx, run, where, record)
            runs.save(tx, run)
    return active


def _take_up(tx: Transaction, run: Body, where: Where, record: Body) -> None:
    settings = runs.settings_of(run, where)
    begun = record["phase"] in ("RUNNING", "TERMINATING") or record.get("token_id")
    if record.get("token_id"):
        tx.delete(tokens.KIND, record["token_id"])
    if not begun or not states.is_active(record) or type_of(settings).resumes:
        return
    records.ended(tx, record, "FAILED", "DRIVER_ERROR", _LOST)
    record.update(error=_LOST, token_id=None)
    again = records.may_retry(settings, record) and not run.get("ended_by")
    notifications.of_task(tx, run, where, notifications.FAILURE, last=not again)
    if again:
        records.next_attempt(tx, run, record, of=where.task_key if where.index is not None else None)
