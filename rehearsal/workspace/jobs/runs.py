"""Runs of jobs as they are stored: one document a run, its tasks in it; made, found, changed, cancelled, deleted.

A task's record keeps its earlier attempts in `attempts`. A second document finds the run by a task run's id.
"""

from __future__ import annotations

from typing import Any

from rehearsal.workspace import clock
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.jobs import states
from rehearsal.workspace.permissions import acl
from rehearsal.workspace.store import Body, Store, Transaction

KIND = "job_run"
TASK_KIND = "job_task_run"
_REQUEST_KIND = "job_run_request"
_FOREIGN = (
    "jar_params",
    "notebook_params",
    "pipeline_params",
    "spark_submit_params",
    "sql_params",
    "dbt_commands",
)
_FIRST_ID = 800_000_000_000_000


def new_id(tx: Transaction) -> int:
    """An id for a run or a task run: they share one sequence, as on Databricks."""
    return _FIRST_ID + tx.next_id("run")


def create(tx: Transaction, call: Call, job: Body, request: Body) -> tuple[Body, bool]:
    """A new run of the job, QUEUED, PENDING or SKIPPED; and whether it is new (else its idempotency token was known).

    Raises DatabricksError 400 for parameters that the job does not have.
    """
    token = request.get("idempotency_token")
    if token and (known := tx.get(_REQUEST_KIND, f"{call.workspace}/{token}")):
        return find(tx, call.workspace, known["run_id"]), False
    parameters = _parameters(job, request.get("job_parameters") or {})
    _refuse_foreign(request)
    settings = _only(job["settings"], request.get("only"))
    run_id = new_id(tx)
    active = [run for run in of_job(tx, call.workspace, job["job_id"]) if states.is_active(run)]
    full = len(active) >= settings["max_concurrent_runs"]
    queue = request.get("queue") or settings.get("queue") or {}
    run: Body = {
        "run_id": run_id,
        "job_id": job["job_id"],
        "number_in_job": run_id,
        "workspace": call.workspace,
        "creator_user_name": call.principal.name,
        "run_as": job["run_as"],
        "settings": settings,
        "job_parameters": parameters,
        "python_named_params": request.get("python_named_params"),
        "python_params": request.get("python_params"),
        "start_time": clock.milliseconds(tx),
        "phase": "QUEUED" if full and queue.get("enabled") else "PENDING",
        "tasks": [_new_task(tx, call.workspace, run_id, task) for task in settings.get("tasks", [])],
    }
    if full and not queue.get("enabled"):
        ended(
            tx,
            run,
            "MAXIMUM_CONCURRENT_RUNS_REACHED",
            "MAX_CONCURRENT_RUNS_EXCEEDED",
            "Run skipped because the maximum number of concurrent runs of the job has been reached.",
        )
        for task in run["tasks"]:
            ended(tx, task, "EXCLUDED", "SKIPPED", "")
    if token:
        tx.put(_REQUEST_KIND, f"{call.workspace}/{token}", {"run_id": run_id})
    save(tx, run)
    return run, True


def _only(settings: Body, keys: list[str] | None) -> Body:
    """The job's settings with the named tasks alone; what they waited for and is left out, they do not wait for."""
    if not keys:
        return settings
    unknown = sorted(set(keys) - {task["task_key"] for task in settings.get("tasks", [])})
    if unknown:
        raise invalid(f"only names tasks that the job does not have: {', '.join(unknown)}.")
    tasks = [
        {**task, "depends_on": [parent for parent in task.get("depends_on") or [] if parent["task_key"] in keys]}
        for task in settings["tasks"]
        if task["task_key"] in keys
    ]
    return {**settings, "tasks": tasks}


def _refuse_foreign(request: Body) -> None:
    """Parameters of kinds of tasks that no job here can have must not be ignored in silence."""
    found = sorted(name for name in _FOREIGN if request.get(name))
    if found:
        raise invalid(f"{', '.join(found)} cannot be given: jobs of this workspace have Python wheel tasks only.")


def save(tx: Transaction, run: Body) -> None:
    """Store the run's document."""
    tx.put(KIND, f"{run['workspace']}/{run['run_id']}", run)


def find(tx: Transaction, workspace: str, run_id: int) -> Body:
    """The run. Raises DatabricksError 400, as Databricks does, when there is none."""
    run = tx.get(KIND, f"{workspace}/{run_id}")
    if run is None:
        raise DatabricksError(400, "INVALID_PARAMETER_VALUE", f"Run {run_id} does not exist.")
    return run


def find_any(tx: Transaction, call: Call, run_id: int, level: str) -> tuple[Body, Body | None]:
    """The run by its own id or by that of one of its task runs (then with that task), for who holds the level."""
    entry = tx.get(TASK_KIND, f"{call.workspace}/{run_id}")
    run = find(tx, call.workspace, entry["run_id"] if entry else run_id)
    if run["creator_user_name"] != call.principal.name:
        acl.require_level(tx, call.principal, call.workspace, "jobs", str(run["job_id"]), level)
    return run, task_of(run, entry["task_key"], run_id) if entry else None


def task_of(run: Body, task_key: str, task_run_id: int | None = None) -> Body:
    """The task's record: its latest attempt, or that of the id."""
    task: Body = next(task for task in run["tasks"] if task["task_key"] == task_key)
    for attempt in task["attempts"]:
        if attempt["run_id"] == task_run_id:
            return {**task, **attempt}
    return task


def settings_of(run: Body, task_key: str) -> Body:
    """The task's settings when the run was made."""
    settings: Body = next(task for task in run["settings"]["tasks"] if task["task_key"] == task_key)
    return settings


def all_runs(tx: Transaction, workspace: str = "") -> list[Body]:
    """Runs of a workspace, or of all, oldest first."""
    return tx.list(KIND, f"{workspace}/" if workspace else "")


def of_job(tx: Transaction, workspace: str, job_id: int) -> list[Body]:
    """The job's runs, oldest first."""
    return [run for run in all_runs(tx, workspace) if run["job_id"] == job_id]


def change(store: Store, workspace: str, run_id: int, task_key: str | None = None, **fields: Any) -> Body:
    """Durably set fields of the run, or of one of its tasks; returns the run."""
    with store.transaction() as tx:
        run = find(tx, workspace, run_id)
        (task_of(run, task_key) if task_key else run).update(fields)
        save(tx, run)
    return run


def ended(tx: Transaction, record: Body, result: str, code: str, message: str) -> None:
    """Note in the record of a run or task that it has ended now."""
    now = clock.milliseconds(tx)
    record.update(phase="TERMINATED", result=result, code=code, message=message, end_time=now)
    if record.get("start_time") is None:
        record["start_time"] = now
    started = record.get("execution_start", now)
    record["setup_duration"] = started - record["start_time"]
    record["execution_duration"] = now - started


def next_attempt(tx: Transaction, run: Body, task: Body) -> None:
    """Put the task's ended attempt aside and make it wait for another."""
    kept = {name: value for name, value in task.items() if name not in ("task_key", "attempts")}
    fresh = _blank(new_id(tx), task["attempt_number"] + 1)
    attempts = [*task["attempts"], kept]
    task_key = task["task_key"]
    task.clear()
    task.update(task_key=task_key, attempts=attempts, **fresh)
    task["phase"] = "WAITING"
    _index(tx, run["workspace"], run["run_id"], task)


def delete(tx: Transaction, run: Body) -> None:
    """Forget an ended run. Raises DatabricksError 400 for one that is active."""
    if states.is_active(run):
        raise invalid(f"Run {run['run_id']} is active and cannot be deleted; cancel it first.")
    tx.delete(KIND, f"{run['workspace']}/{run['run_id']}")
    for task in run["tasks"]:
        for attempt in (task, *task["attempts"]):
            tx.delete(TASK_KIND, f"{run['workspace']}/{attempt['run_id']}")


def _new_task(tx: Transaction, workspace: str, run_id: int, settings: Body) -> Body:
    task = {"task_key": settings["task_key"], "attempts": [], **_blank(new_id(tx), 0)}
    task["phase"] = "BLOCKED" if settings.get("depends_on") else "PENDING"
    _index(tx, workspace, run_id, task)
    return task


def _blank(task_run_id: int, attempt_number: int) -> Body:
    return {"run_id": task_run_id, "attempt_number": attempt_number, "phase": "PENDING"}


def _index(tx: Transaction, workspace: str, run_id: int, task: Body) -> None:
    tx.put(TASK_KIND, f"{workspace}/{task['run_id']}", {"run_id": run_id, "task_key": task["task_key"]})


def _parameters(job: Body, given: dict[str, str]) -> dict[str, str]:
    declared = {parameter["name"]: parameter["default"] for parameter in job["settings"].get("parameters", [])}
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise invalid(f"The job does not define the parameter '{unknown[0]}'.")
    return {**declared, **given}
