"""Jobs API 2.1 and 2.2: https://docs.databricks.com/api/azure/workspace/jobs."""

from __future__ import annotations

from typing import Annotated, Any

from databricks.sdk.service.jobs import ListJobsResponse, ListRunsResponse
from fastapi import APIRouter, Body, Depends, Query

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import ACCOUNT
from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.jobs import answers, definitions, runs, states, task_runs
from rehearsal.workspace.jobs.lifecycle import engine
from rehearsal.workspace.permissions import acl

Request = Annotated[dict[str, Any], Body()]
_MOST_JOBS, _MOST_RUNS = 100, 25


def in_a_workspace(call: CallDep) -> None:
    """The account has no jobs."""
    if call.workspace == ACCOUNT:
        raise DatabricksError(404, "ENDPOINT_NOT_FOUND", "The Jobs API is an API of workspaces.")


api = APIRouter(dependencies=[Depends(in_a_workspace)])


@api.post("/create")
def create_job(call: CallDep, body: Request) -> dict[str, Any]:
    """Create a job."""
    with call.store.transaction() as tx:
        return {"job_id": definitions.create(tx, call, body)}


@api.get("/get")
def get_job(call: CallDep, job_id: int) -> dict[str, Any]:
    """Read a job."""
    with call.store.transaction() as tx:
        return definitions.described(definitions.load(tx, call, job_id, "CAN_VIEW")).as_dict()


@api.get("/list")
def list_jobs(
    call: CallDep,
    name: str | None = None,
    limit: Annotated[int, Query(ge=1, le=_MOST_JOBS)] = 20,
    page_token: str = "",
    expand_tasks: bool = False,
) -> dict[str, Any]:
    """List the jobs that the caller may view, newest first."""
    with call.store.transaction() as tx:
        jobs = definitions.visible(tx, call, name)
    page, following, previous = _page(jobs, page_token, limit)
    shown = [definitions.summarized(job, expand_tasks) for job in page]
    answer = ListJobsResponse(following is not None, shown, following, previous)
    return answer.as_dict()


@api.post("/update")
def update_job(call: CallDep, body: Request) -> dict[str, Any]:
    """Change some of a job's settings."""
    with call.store.transaction() as tx:
        removed = body.get("fields_to_remove") or []
        definitions.replace_settings(tx, call, _id(body, "job_id"), body.get("new_settings") or {}, removed)
    return {}


@api.post("/reset")
def reset_job(call: CallDep, body: Request) -> dict[str, Any]:
    """Replace all of a job's settings."""
    with call.store.transaction() as tx:
        definitions.replace_settings(tx, call, _id(body, "job_id"), body.get("new_settings") or {}, None)
    return {}


@api.post("/delete")
def delete_job(call: CallDep, body: Request) -> dict[str, Any]:
    """Delete a job."""
    with call.store.transaction() as tx:
        definitions.delete(tx, call, _id(body, "job_id"))
    return {}


@api.post("/run-now")
def run_now(call: CallDep, body: Request) -> dict[str, Any]:
    """Start a run of a job."""
    started = engine()
    with call.store.transaction() as tx:
        job = definitions.load(tx, call, _id(body, "job_id"), "CAN_MANAGE_RUN")
        run, new = runs.create(tx, call, job, body)
    if new and run["phase"] == "PENDING":
        started.submit(run)
    return {"run_id": run["run_id"], "number_in_job": run["number_in_job"]}


@api.get("/runs/get")
def get_run(call: CallDep, run_id: int) -> dict[str, Any]:
    """Read a run, or the run of one task."""
    with call.store.transaction() as tx:
        run, task = runs.find_any(tx, call, run_id, "CAN_VIEW")
    return answers.run_answer(call.platform, run, task=task).as_dict()


@api.get("/runs/list")
def list_runs(
    call: CallDep,
    job_id: int | None = None,
    active_only: bool = False,
    completed_only: bool = False,
    expand_tasks: bool = False,
    limit: Annotated[int, Query(ge=0, le=_MOST_RUNS)] = 20,
    page_token: str = "",
    start_time_from: int = 0,
    start_time_to: int = 2**63 - 1,
) -> dict[str, Any]:
    """List runs that the caller may view, newest first."""
    if active_only and completed_only:
        raise invalid("active_only and completed_only cannot both be true.")
    with call.store.transaction() as tx:
        found = [
            run
            for run in reversed(runs.all_runs(tx, call.workspace))
            if (job_id is None or run["job_id"] == job_id)
            and not (active_only and not states.is_active(run))
            and not (completed_only and states.is_active(run))
            and start_time_from <= run["start_time"] <= start_time_to
            and acl.has_level(tx, call.principal, call.workspace, "jobs", str(run["job_id"]), "CAN_VIEW")
        ]
    page, following, previous = _page(found, page_token, limit or _MOST_RUNS)
    shown = [answers.run_answer(call.platform, run, with_tasks=expand_tasks).as_dict() for run in page]
    answer = ListRunsResponse(has_more=following is not None, next_page_token=following, prev_page_token=previous)
    return {**answer.as_dict(), "runs": shown} if shown else answer.as_dict()


@api.get("/runs/get-output")
def get_output(call: CallDep, run_id: int) -> dict[str, Any]:
    """What a task's run wrote, and its error."""
    with call.store.transaction() as tx:
        run, task = runs.find_any(tx, call, run_id, "CAN_VIEW")
    if task is None:
        if len(run["tasks"]) != 1:
            raise invalid(
                "Retrieving the output of runs with multiple tasks is not supported. "
                "Please retrieve the output of each individual task run instead."
            )
        task = run["tasks"][0]
    return answers.output_answer(call.platform, run, task).as_dict()


@api.post("/runs/cancel")
def cancel_run(call: CallDep, body: Request) -> dict[str, Any]:
    """Cancel a run; one that has ended stays as it is."""
    with call.store.transaction() as tx:
        run, _ = runs.find_any(tx, call, _id(body, "run_id"), "CAN_MANAGE_RUN")
    engine().cancel(run)
    return {}


@api.post("/runs/cancel-all")
def cancel_all_runs(call: CallDep, body: Request) -> dict[str, Any]:
    """Cancel a job's active runs."""
    with call.store.transaction() as tx:
        job_id = _id(body, "job_id")
        definitions.load(tx, call, job_id, "CAN_MANAGE_RUN")
        active = [run for run in runs.of_job(tx, call.workspace, job_id) if states.is_active(run)]
    # The youngest first, so that no queued run starts when an older one ends.
    for run in reversed(active):
        engine().cancel(run)
    return {}


@api.post("/runs/delete")
def delete_run(call: CallDep, body: Request) -> dict[str, Any]:
    """Forget an ended run."""
    with call.store.transaction() as tx:
        run, _ = runs.find_any(tx, call, _id(body, "run_id"), "CAN_MANAGE")
        runs.delete(tx, run)
    return {}


router = APIRouter()
for version in ("2.1", "2.2"):
    router.include_router(api, prefix=f"/api/{version}/jobs")
router.include_router(task_runs.router)


def _id(body: dict[str, Any], field: str) -> int:
    try:
        return int(body[field])
    except KeyError as error:
        raise invalid(f"{field} is required.") from error
    except (TypeError, ValueError) as error:
        raise invalid(f"{field} must be a number.") from error


def _page(items: list[dict[str, Any]], token: str, limit: int) -> tuple[list[dict[str, Any]], str | None, str | None]:
    """The page that the token (an offset) names, and the tokens of the next and the previous one."""
    if token and not token.isdecimal():
        raise invalid(f"Invalid page token: {token}")
    first = int(token or 0)
    following = str(first + limit) if first + limit < len(items) else None
    previous = str(max(0, first - limit)) if first else None
    return items[first : first + limit], following, previous
