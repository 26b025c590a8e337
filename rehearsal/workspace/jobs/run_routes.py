"""Runs over HTTP: started, submitted, read, listed, cancelled, repaired, deleted."""

from __future__ import annotations

import shutil
from typing import Annotated, Any

from databricks.sdk.service.jobs import BaseRun, ListRunsResponse, RunType
from fastapi import APIRouter, Query

from rehearsal.workspace.account import budget_policies
from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.jobs import (
    answers,
    definitions,
    logs,
    paging,
    repairs,
    runs,
    settings,
    starting,
    states,
    stored,
)
from rehearsal.workspace.jobs.lifecycle import engine
from rehearsal.workspace.jobs.requests import Request, checked, identifier
from rehearsal.workspace.permissions import acl

_MOST_RUNS = 25
_EVER = 2**63 - 1
api = APIRouter()


@api.post("/run-now")
def run_now(call: CallDep, body: Request) -> dict[str, Any]:
    """Start a run of a job."""
    body = checked(body)
    started = engine()
    with call.store.transaction() as tx:
        job = definitions.load(tx, call, identifier(body, "job_id"), "CAN_MANAGE_RUN")
        run = starting.start(tx, job, starting.Start(call.principal.name), body)
    started.submit(run)
    return {"run_id": run["run_id"], "number_in_job": run["number_in_job"]}


@api.post("/runs/submit")
def submit_run(call: CallDep, body: Request) -> dict[str, Any]:
    """Run tasks once, without a job."""
    body = checked(body)
    started = engine()
    wanted = settings.one_time(body)
    with call.store.transaction() as tx:
        run_as = definitions.run_as_of(tx, call.principal, body)
        budget_policies.require_use(tx, call.principal, wanted.get("budget_policy_id"))
        job_id = stored.new_id(tx)
        run = starting.submit(tx, call.workspace, job_id, run_as, starting.Start(call.principal.name), wanted, body)
        if run["job_id"] == job_id:
            definitions.own(tx, call, job_id, body.get("access_control_list"))
    started.submit(run)
    return {"run_id": run["run_id"]}


@api.get("/runs/get")
def get_run(call: CallDep, run_id: int, include_history: bool = False, page_token: str = "") -> dict[str, Any]:
    """Read a run, or the run of one task or iteration."""
    with call.store.transaction() as tx:
        run, where, record = runs.find_any(tx, call, run_id, "CAN_VIEW")
    if where is None or record is None:
        answer = answers.run_answer(call.platform, run, with_history=include_history, page_token=page_token)
    else:
        answer = answers.task_run_answer(call.platform, run, where, record, page_token)
    return answer.as_dict()


@api.get("/runs/list")
def list_runs(
    call: CallDep,
    job_id: int | None = None,
    active_only: bool = False,
    completed_only: bool = False,
    expand_tasks: bool = False,
    run_type: RunType | None = None,
    limit: Annotated[int, Query(ge=0, le=_MOST_RUNS)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
    page_token: str = "",
    start_time_from: int = 0,
    start_time_to: int = _EVER,
) -> dict[str, Any]:
    """List runs that the caller may view, newest first."""
    if active_only and completed_only:
        raise invalid("active_only and completed_only cannot both be true.")
    with call.store.transaction() as tx:
        entries = [
            entry
            for entry in reversed(runs.entries(tx, call.workspace, job_id))
            if not (active_only and not states.is_active(entry))
            and not (completed_only and states.is_active(entry))
            and start_time_from <= entry["start_time"] <= start_time_to
            and (run_type is None or entry["run_type"] == run_type.value)
        ]
        may: dict[int, bool] = {}
        for entry in entries:
            if entry["job_id"] not in may:
                object_id = str(entry["job_id"])
                may[entry["job_id"]] = acl.has_level(tx, call.principal, call.workspace, "jobs", object_id, "CAN_VIEW")
        entries = [entry for entry in entries if may[entry["job_id"]]]
        page, following, previous = paging.page(entries, page_token or str(offset), limit or _MOST_RUNS)
        found = [runs.find(tx, call.workspace, entry["run_id"]) for entry in page]
    shown = [answers.run_answer(call.platform, run, with_tasks=expand_tasks) for run in found]
    answer = ListRunsResponse(
        has_more=following is not None,
        next_page_token=following,
        prev_page_token=previous,
        runs=[BaseRun.from_dict({**run.as_dict(), "next_page_token": None}) for run in shown] or None,
    )
    return answer.as_dict()


@api.get("/runs/get-output")
def get_output(call: CallDep, run_id: int) -> dict[str, Any]:
    """What a task's run wrote, and its error."""
    with call.store.transaction() as tx:
        run, where, record = runs.find_any(tx, call, run_id, "CAN_VIEW")
    if where is None or record is None:
        if len(run["tasks"]) != 1:
            raise invalid(
                "Retrieving the output of runs with multiple tasks is not supported. "
                "Please retrieve the output of each individual task run instead."
            )
        record = run["tasks"][0]
        where = runs.Where(record["task_key"])
    return answers.output_answer(call.platform, run, where, record).as_dict()


@api.get("/runs/export")
def export_run(call: CallDep, run_id: int) -> dict[str, Any]:
    """Refused: only runs of notebooks have views, and there are none."""
    with call.store.transaction() as tx:
        runs.find_any(tx, call, run_id, "CAN_VIEW")
    raise invalid(f"Run {run_id} is not a notebook run: only those can be exported.")


@api.post("/runs/cancel")
def cancel_run(call: CallDep, body: Request) -> dict[str, Any]:
    """Cancel a run, or one task of it; what has ended stays as it is."""
    with call.store.transaction() as tx:
        run, where, _ = runs.find_any(tx, call, identifier(body, "run_id"), "CAN_MANAGE_RUN")
    if where is None:
        engine().cancel(run)
    else:
        engine().cancel_task(run, where)
    return {}


@api.post("/runs/cancel-all")
def cancel_all_runs(call: CallDep, body: Request) -> dict[str, Any]:
    """Cancel a job's active runs, or (`all_queued_runs`) those that wait in the queue, without a job: all of them."""
    queued_only = bool(body.get("all_queued_runs"))
    with call.store.transaction() as tx:
        if "job_id" in body or not queued_only:
            job_id = identifier(body, "job_id")
            definitions.load(tx, call, job_id, "CAN_MANAGE_RUN")
            active = runs.active_of_job(tx, call.workspace, job_id)
        elif not call.principal.is_admin:
            raise DatabricksError(403, "PERMISSION_DENIED", "Only administrators can cancel all queued runs.")
        else:
            active = [entry for entry in runs.entries(tx, call.workspace) if states.is_active(entry)]
    # The youngest first, so that no queued run starts when an older one ends.
    for entry in reversed(active):
        if not queued_only or entry["phase"] == "QUEUED":
            engine().cancel(entry)
    return {}


@api.post("/runs/repair")
def repair_run(call: CallDep, body: Request) -> dict[str, Any]:
    """Run tasks of an ended run again."""
    body = checked(body)
    started = engine()
    with call.store.transaction() as tx:
        run, where, _ = runs.find_any(tx, call, identifier(body, "run_id"), "CAN_MANAGE_RUN")
        if where is not None:
            raise invalid(f"Run {body['run_id']} is the run of a task; repair the job run {run['run_id']}.")
        repair_id = repairs.begin(tx, run, body)
    started.submit(run)
    return {"repair_id": repair_id}


@api.post("/runs/delete")
def delete_run(call: CallDep, body: Request) -> dict[str, Any]:
    """Forget an ended run."""
    with call.store.transaction() as tx:
        run, _, _ = runs.find_any(tx, call, identifier(body, "run_id"), "CAN_MANAGE")
        runs.delete(tx, run)
    shutil.rmtree(logs.folder_of(call.platform, run), ignore_errors=True)
    return {}
