"""The run that a schedule or trigger starts."""

from __future__ import annotations

from databricks.sdk.service.jobs import TriggerType

from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import not_found
from rehearsal.workspace.jobs import runs, starting, states, stored
from rehearsal.workspace.jobs.lifecycle import engine
from rehearsal.workspace.scheduling.source import Started
from rehearsal.workspace.store import Body, Transaction


def start(
    tx: Transaction, platform: Platform, key: str, trigger: TriggerType, trigger_info: Body | None = None
) -> Started:
    """A new run of the job, durable with the transaction. Raises DatabricksError 404 when there is no such job.

    Args:
        key: the job's, workspace and id.
    """
    job = tx.get(stored.KIND, key)
    if job is None:
        raise not_found(f"Job {key} does not exist.")
    by = starting.Start(job["creator_user_name"], trigger, trigger_info or {})
    run = starting.start(tx, job, by)

    def ended() -> bool:
        with platform.store.transaction() as tx:
            found = tx.get(runs.KIND, f"{run['workspace']}/{run['run_id']}")
        return found is None or not states.is_active(found)

    def begin() -> None:
        if run["phase"] == "PENDING":
            engine().submit(run)

    shown = {"kind": "job", "workspace": run["workspace"], "job_id": run["job_id"], "run_id": run["run_id"]}
    return Started({**shown, "trigger": trigger.value}, ended, begin)
