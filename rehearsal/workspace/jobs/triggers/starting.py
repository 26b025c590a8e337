"""A run that nobody asked for: started in the name of whom the job runs as."""

from __future__ import annotations

import uuid

from rehearsal.workspace.context import Call, Platform
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.identity import principals
from rehearsal.workspace.jobs import definitions, runs, states
from rehearsal.workspace.jobs.lifecycle import engine
from rehearsal.workspace.scheduling.source import Started
from rehearsal.workspace.store import Transaction


def start(tx: Transaction, platform: Platform, key: str, trigger: str) -> Started:
    """A new run of the job, durable with the transaction.

    The engine takes it up in a thread that waits for the transaction's end; if the workspace dies before, the next
    start does. Raises DatabricksError 404 when there is no such job.

    Args:
        key: the job's, workspace and id.
        trigger: a TriggerType of the API.
    """
    job = tx.get(definitions.KIND, key)
    if job is None:
        raise DatabricksError(404, "RESOURCE_DOES_NOT_EXIST", f"Job {key} does not exist.")
    principal = principals.load(tx, job["run_as"], job["workspace"])
    call = Call(principal, job["workspace"], platform, str(uuid.uuid4()))
    run, _ = runs.create(tx, call, job, {})
    run |= {"trigger": trigger, "creator_user_name": job["creator_user_name"]}
    runs.save(tx, run)
    if run["phase"] == "PENDING":
        engine().submit(run)

    def ended() -> bool:
        with platform.store.transaction() as tx:
            found = tx.get(runs.KIND, f"{run['workspace']}/{run['run_id']}")
        return found is None or not states.is_active(found)

    shown = {"kind": "job", "workspace": run["workspace"], "job_id": run["job_id"], "run_id": run["run_id"]}
    return Started({**shown, "trigger": trigger}, ended)
