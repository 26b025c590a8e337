"""The workspace dies in the middle of a job, is started again, and the job goes on by its own rules."""

from __future__ import annotations

import time
from datetime import datetime

from databricks.sdk import WorkspaceClient

from environments import names
from environments.settings import load_account
from rehearsal.play.report.model import Run
from rehearsal.play.year.errors import YearError
from rehearsal.play.year.operations import Operations

_TASK = "ingest"
_SEEN_SECONDS, _AT_WORK_SECONDS, _POLL_SECONDS = 60, 2.0, 0.1


def while_ingesting(operations: Operations, moment: datetime) -> tuple[Run, float]:
    """Let the moment of the data job come, kill the workspace when the task works, start it; the run's end.

    Also for how long nobody was answered, in seconds.
    """
    local, environment = operations.local, operations.environment
    admin = local.client(environment.name)
    operations.clock.sleep_until(moment)  # what is due then starts by itself, and nobody waits for it
    run_id = _at_work(admin, names.job(environment, operations.model, "data"))
    time.sleep(_AT_WORK_SECONDS)
    began = time.monotonic()
    local.kill()
    local.start(load_account().metastore_id)
    down = time.monotonic() - began
    return operations.ended(run_id), down


def _at_work(admin: WorkspaceClient, job: str) -> int:
    """The active run of the job, once its task runs."""
    job_id = next(iter(admin.jobs.list(name=job))).job_id
    deadline = time.monotonic() + _SEEN_SECONDS
    while time.monotonic() < deadline:
        for run in admin.jobs.list_runs(job_id=job_id, active_only=True, expand_tasks=True):
            for task in run.tasks or []:
                state = task.state.life_cycle_state if task.state else None
                if task.task_key == _TASK and state and state.value == "RUNNING":
                    return int(run.run_id or 0)
        time.sleep(_POLL_SECONDS)
    raise YearError(f"task {_TASK} of {job} did not run within {_SEEN_SECONDS} s")
