"""Jobs API 2.1 and 2.2: https://docs.databricks.com/api/azure/workspace/jobs. Jobs here, their runs in `run_routes`."""

from __future__ import annotations

from typing import Annotated, Any

from databricks.sdk.service.jobs import ListJobsResponse
from fastapi import APIRouter, Depends, Query

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import ACCOUNT
from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.jobs import definitions, paging, run_routes, task_runs
from rehearsal.workspace.jobs.requests import Request, checked, identifier

_MOST_JOBS = 100


def in_a_workspace(call: CallDep) -> None:
    """The account has no jobs."""
    if call.workspace == ACCOUNT:
        raise DatabricksError(404, "ENDPOINT_NOT_FOUND", "The Jobs API is an API of workspaces.")


api = APIRouter(dependencies=[Depends(in_a_workspace)])


@api.post("/create")
def create_job(call: CallDep, body: Request) -> dict[str, Any]:
    """Create a job."""
    with call.store.transaction() as tx:
        return {"job_id": definitions.create(tx, call, checked(body))}


@api.get("/get")
def get_job(call: CallDep, job_id: int, page_token: str = "") -> dict[str, Any]:
    """Read a job."""
    with call.store.transaction() as tx:
        return definitions.described(definitions.load(tx, call, job_id, "CAN_VIEW"), page_token).as_dict()


@api.get("/list")
def list_jobs(
    call: CallDep,
    name: str | None = None,
    limit: Annotated[int, Query(ge=1, le=_MOST_JOBS)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
    page_token: str = "",
    expand_tasks: bool = False,
) -> dict[str, Any]:
    """List the jobs that the caller may view, newest first."""
    with call.store.transaction() as tx:
        jobs = definitions.visible(tx, call, name)
    page, following, previous = paging.page(jobs, page_token or str(offset), limit)
    shown = [definitions.summarized(job, expand_tasks) for job in page]
    answer = ListJobsResponse(following is not None, shown, following, previous)
    return answer.as_dict()


@api.post("/update")
def update_job(call: CallDep, body: Request) -> dict[str, Any]:
    """Change some of a job's settings."""
    with call.store.transaction() as tx:
        removed = [str(field) for field in checked(body).get("fields_to_remove") or []]
        definitions.replace_settings(tx, call, identifier(body, "job_id"), _settings(body), removed)
    return {}


@api.post("/reset")
def reset_job(call: CallDep, body: Request) -> dict[str, Any]:
    """Replace all of a job's settings."""
    with call.store.transaction() as tx:
        definitions.replace_settings(tx, call, identifier(body, "job_id"), _settings(body), None)
    return {}


@api.post("/delete")
def delete_job(call: CallDep, body: Request) -> dict[str, Any]:
    """Delete a job."""
    with call.store.transaction() as tx:
        definitions.delete(tx, call, identifier(body, "job_id"))
    return {}


def _settings(body: dict[str, Any]) -> dict[str, Any]:
    settings = body.get("new_settings") or {}
    if not isinstance(settings, dict):
        raise invalid("new_settings must be an object.")
    return settings


router = APIRouter()
for version in ("2.1", "2.2"):
    router.include_router(api, prefix=f"/api/{version}/jobs")
    router.include_router(run_routes.api, prefix=f"/api/{version}/jobs", dependencies=[Depends(in_a_workspace)])
router.include_router(task_runs.router)
