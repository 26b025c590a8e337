"""Runs as they are stored: one document a run, with a record for each task in it, and for each iteration of a for-each.

A record keeps its earlier attempts in `attempts`. Two kinds of small documents find runs without reading them whole: by
the id of a task run, and (`job_run_entry`) by job, state, time and type.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.jobs import states, task_values
from rehearsal.workspace.permissions import acl
from rehearsal.workspace.store import Body, Store, Transaction

KIND = "job_run"
ENTRY_KIND = "job_run_entry"
TASK_KIND = "job_task_run"
_FIRST_ID = 800_000_000_000_000


@dataclass(frozen=True)
class Where:
    """Which record of a run: a task's, or that of one iteration of a for-each task."""

    task_key: str
    index: int | None = None

    def __str__(self) -> str:
        return self.task_key if self.index is None else f"{self.task_key}[{self.index}]"


def new_id(tx: Transaction) -> int:
    """An id for a run or a task run: they share one sequence, as on Databricks."""
    return _FIRST_ID + tx.next_id("run")


def save(tx: Transaction, run: Body) -> None:
    """Store the run's document and its entry."""
    key = f"{run['workspace']}/{run['run_id']}"
    tx.put(KIND, key, run)
    fields = ("run_id", "job_id", "workspace", "start_time", "run_type", "phase")
    tx.put(ENTRY_KIND, key, {name: run[name] for name in fields})


def find(tx: Transaction, workspace: str, run_id: int) -> Body:
    """The run. Raises DatabricksError 400, as Databricks does, when there is none."""
    run = tx.get(KIND, f"{workspace}/{run_id}")
    if run is None:
        raise DatabricksError(400, "INVALID_PARAMETER_VALUE", f"Run {run_id} does not exist.")
    return run


def find_any(tx: Transaction, call: Call, run_id: int, level: str) -> tuple[Body, Where | None, Body | None]:
    """The run by its own id, or by that of one of its task runs: then with that record and its place.

    Who has started a run may see it. Raises DatabricksError: 400 when there is none, 403.
    """
    entry = tx.get(TASK_KIND, f"{call.workspace}/{run_id}")
    run = find(tx, call.workspace, entry["run_id"] if entry else run_id)
    if level != "CAN_VIEW" or run["creator_user_name"] != call.principal.name:
        acl.require_level(tx, call.principal, call.workspace, "jobs", str(run["job_id"]), level)
    if entry is None:
        return run, None, None
    return run, where_of(entry), attempt_of(run, where_of(entry), run_id)


def where_of(entry: Body) -> Where:
    """The record that a document of TASK_KIND points to."""
    return Where(entry["task_key"], entry.get("index"))


def record(run: Body, where: Where) -> Body:
    """The record, as it is now."""
    task: Body = next(task for task in run["tasks"] if task["task_key"] == where.task_key)
    if where.index is None:
        return task
    iteration: Body = task["iterations"][where.index]
    return iteration


def attempt_of(run: Body, where: Where, task_run_id: int) -> Body:
    """The record as it was in the attempt of that id."""
    for task in _attempts_of_task(run, where.task_key):
        if where.index is None:
            candidates: list[Body] = [task]
        else:
            iterations = task.get("iterations") or []
            candidates = [each for item in iterations if item["index"] == where.index for each in attempts(item)]
        for candidate in candidates:
            if candidate["run_id"] == task_run_id:
                return candidate
    raise DatabricksError(400, "INVALID_PARAMETER_VALUE", f"Run {task_run_id} does not exist.")


def attempts(latest: Body) -> list[Body]:
    """All attempts of a record, the latest last, each with the task's key."""
    same = {name: latest[name] for name in ("task_key", "index", "input") if name in latest}
    return [*({**earlier, **same} for earlier in latest["attempts"]), latest]


def _attempts_of_task(run: Body, task_key: str) -> list[Body]:
    return attempts(record(run, Where(task_key)))


def settings_of(run: Body, where: Where) -> Body:
    """The settings of the task, or of the task nested in a for-each."""
    settings: Body = next(task for task in run["settings"]["tasks"] if task["task_key"] == where.task_key)
    if where.index is None:
        return settings
    nested: Body = settings["for_each_task"]["task"]
    return nested


def every_record(run: Body) -> Iterator[tuple[Where, Body]]:
    """Records of the run: tasks and, after its task, each iteration."""
    for task in run["tasks"]:
        yield Where(task["task_key"]), task
        for iteration in task.get("iterations") or []:
            yield Where(task["task_key"], iteration["index"]), iteration


def all_runs(tx: Transaction, workspace: str = "") -> list[Body]:
    """Runs of a workspace, or of all, oldest first."""
    return tx.list(KIND, f"{workspace}/" if workspace else "")


def entries(tx: Transaction, workspace: str, job_id: int | None = None) -> list[Body]:
    """What finds runs: run_id, job_id, start_time, run_type and phase of each, oldest first."""
    found = tx.list(ENTRY_KIND, f"{workspace}/")
    return found if job_id is None else [entry for entry in found if entry["job_id"] == job_id]


def active_of_job(tx: Transaction, workspace: str, job_id: int) -> list[Body]:
    """Entries of the job's active runs, oldest first."""
    return [entry for entry in entries(tx, workspace, job_id) if states.is_active(entry)]


def change(store: Store, workspace: str, run_id: int, where: Where | None = None, **fields: Any) -> Body:
    """Durably set fields of the run, or of one of its records; returns the run."""
    with store.transaction() as tx:
        run = find(tx, workspace, run_id)
        (record(run, where) if where else run).update(fields)
        save(tx, run)
    return run


def delete(tx: Transaction, run: Body) -> None:
    """Forget an ended run. Raises DatabricksError 400 for one that is active."""
    if states.is_active(run):
        raise invalid(f"Run {run['run_id']} is active and cannot be deleted; cancel it first.")
    for kind in (KIND, ENTRY_KIND):
        tx.delete(kind, f"{run['workspace']}/{run['run_id']}")
    task_values.forget(tx, run["workspace"], run["run_id"])
    for _, latest in every_record(run):
        for attempt in attempts(latest):
            tx.delete(TASK_KIND, f"{run['workspace']}/{attempt['run_id']}")
