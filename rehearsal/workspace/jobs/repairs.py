"""Repair: tasks of an ended run are run again, as part of that run and by the job's settings of now.

https://docs.databricks.com/api/azure/workspace/jobs/repairrun
"""

from __future__ import annotations

import time

from databricks.sdk.service.jobs import RepairHistoryItem, RepairHistoryItemType

from rehearsal.workspace import clock
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.jobs import graph, records, runs, starting, states, stored
from rehearsal.workspace.jobs.runs import Where
from rehearsal.workspace.store import Body, Transaction

_UNSUCCESSFUL = states.FAILED | states.CANCELED | {"MAXIMUM_CONCURRENT_RUNS_REACHED"}
# Of a run's record: what a repair's own item keeps of how it ended.
_STATE = ("phase", "result", "code", "message", "start_time", "end_time")


def begin(tx: Transaction, run: Body, request: Body) -> int:
    """Make an ended run PENDING (or QUEUED) again with the tasks to repeat waiting; returns the repair's id.

    Raises DatabricksError 400 for a run that is active, tasks that it does not have, a stale `latest_repair_id`.
    """
    _check(run, request)
    starting.refuse_foreign(request)
    _take_current_settings(tx, run)
    keys = _to_rerun(run, request)
    if not keys:
        raise invalid(f"Run {run['run_id']} has no tasks to repair.")
    given = request.get("job_parameters")
    parameters = starting.parameters(run["settings"], {**run["job_parameters"], **given}) if given else None
    _note_original(run)
    repair_id = runs.new_id(tx)
    for key in sorted(keys):
        records.next_attempt(tx, run, runs.record(run, Where(key)), repair=True)
    run["repairs"].append(
        {
            "id": repair_id,
            "type": RepairHistoryItemType.REPAIR.value,
            "start_time": clock.milliseconds(tx),
            "phase": "PENDING",
            "task_keys": sorted(keys),
            "first_attempts": {key: runs.record(run, Where(key))["attempt_number"] for key in keys},
        }
    )
    if parameters is not None:
        run["job_parameters"] = parameters
    run["overriding"] = {**run["overriding"], **starting.overriding(request)}
    for field in ("result", "code", "message", "end_time", "ended_by", "execution_start", "warned"):
        run.pop(field, None)
    run["real_start"] = time.time()
    run["phase"] = _phase(tx, run)
    runs.save(tx, run)
    return repair_id


def note_end(run: Body) -> None:
    """Keep in the latest repair's item how it ended, as the run has."""
    if run["repairs"]:
        latest = run["repairs"][-1]
        latest.update({name: run[name] for name in _STATE if name in run and name != "start_time"})


def history(run: Body) -> list[RepairHistoryItem]:
    """The original run and each repair, with the ids of the task runs that they made."""
    items = run["repairs"] or [{"type": RepairHistoryItemType.ORIGINAL.value}]
    found = []
    for position, item in enumerate(items):
        # What has not ended is as the run is now.
        record = item if "result" in item else {**{name: run.get(name) for name in _STATE}, **item}
        record = {**record, "phase": record["phase"] if "result" in item else run["phase"]}
        state, status = states.views(record, of_tasks=True)
        found.append(
            RepairHistoryItem(
                id=item.get("id"),
                type=RepairHistoryItemType(item["type"]),
                start_time=record["start_time"],
                end_time=record.get("end_time") or 0,
                state=state,
                status=status,
                task_run_ids=_task_run_ids(run, items, position),
            )
        )
    return found


def _check(run: Body, request: Body) -> None:
    if states.is_active(run):
        raise invalid(f"Run {run['run_id']} is active and cannot be repaired; wait for its end or cancel it first.")
    latest = run["repairs"][-1]["id"] if run["repairs"] else None
    given = request.get("latest_repair_id")
    if latest is not None and given is None:
        raise invalid("The latest repair ID needs to be provided in order to create a new repair.")
    if given is not None and int(given) != latest:
        raise invalid(f"latest_repair_id {given} is not the latest repair of run {run['run_id']}.")
    wanted = request.get("rerun_tasks") or []
    if wanted and request.get("rerun_all_failed_tasks"):
        raise invalid("Only one of rerun_tasks and rerun_all_failed_tasks can be used.")
    if not wanted and not request.get("rerun_all_failed_tasks"):
        raise invalid("Either rerun_tasks or rerun_all_failed_tasks must be specified.")
    if len(set(wanted)) != len(wanted):
        raise invalid("rerun_tasks cannot contain duplicate task keys.")
    unknown = sorted(set(wanted) - {task["task_key"] for task in run["tasks"]})
    if unknown:
        raise invalid(f"Run {run['run_id']} has no tasks {', '.join(unknown)}.")


def _to_rerun(run: Body, request: Body) -> set[str]:
    keys = set(request.get("rerun_tasks") or [])
    if request.get("rerun_all_failed_tasks"):
        keys = {task["task_key"] for task in run["tasks"] if task["result"] in _UNSUCCESSFUL}
        if run["result"] == "MAXIMUM_CONCURRENT_RUNS_REACHED":
            keys = {task["task_key"] for task in run["tasks"]}
    below = graph.dependents(graph.of(run["settings"]["tasks"]), keys)
    if request.get("rerun_dependent_tasks"):
        return keys | below
    # What was not run because of a task that is repeated now has its turn after it.
    return keys | {key for key in below if runs.record(run, Where(key))["result"] in _UNSUCCESSFUL}


def _take_current_settings(tx: Transaction, run: Body) -> None:
    job = tx.get(stored.KIND, stored.key(run["workspace"], run["job_id"]))
    if job is None:  # a one-time run, or one of a job that was deleted
        return
    current = {task["task_key"]: task for task in job["settings"].get("tasks", [])}
    present = {task["task_key"] for task in run["settings"]["tasks"]}
    tasks = []
    for task in run["settings"]["tasks"]:
        now = current.get(task["task_key"], task)
        depends_on = [parent for parent in now.get("depends_on") or [] if parent["task_key"] in present]
        tasks.append({**now, "depends_on": depends_on})
    if graph.cycle(graph.of(tasks)) is None:
        run["settings"] = {**job["settings"], "tasks": tasks}
        declared = {item["name"]: item["default"] for item in job["settings"].get("parameters", [])}
        run["job_parameters"] = {name: run["job_parameters"].get(name, value) for name, value in declared.items()}


def _note_original(run: Body) -> None:
    if not run["repairs"]:
        run["repairs"].append(
            {"type": RepairHistoryItemType.ORIGINAL.value, **{name: run[name] for name in _STATE if name in run}}
        )


def _phase(tx: Transaction, run: Body) -> str:
    if not starting.is_full(tx, run):
        return "PENDING"
    if (run["settings"].get("queue") or {}).get("enabled"):
        return "QUEUED"
    raise invalid(f"Run {run['run_id']} cannot be repaired now: {starting.SKIPPED}")


def _task_run_ids(run: Body, items: list[Body], position: int) -> list[int]:
    """Ids of the attempts from this item's first to before the next item's."""
    found = []
    for task in run["tasks"]:
        key = task["task_key"]
        first = 0 if position == 0 else items[position].get("first_attempts", {}).get(key)
        if first is None:
            continue
        later = [item["first_attempts"][key] for item in items[position + 1 :] if key in item.get("first_attempts", {})]
        end = min(later, default=task["attempt_number"] + 1)
        found += [each["run_id"] for each in runs.attempts(task) if first <= each["attempt_number"] < end]
    return found
