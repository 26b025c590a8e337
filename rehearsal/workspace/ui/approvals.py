"""Which approvals a model version waits for, and the form that answers one of them.

As in deployment jobs, the answer is a tag of the version with the approval task's name, which begins with `approval`.
Databricks knows from the runs of the model's deployment job that a task waits; here a task says so itself, by the tag
`<its name>_status`, PENDING while it does. https://learn.microsoft.com/azure/databricks/mlflow/deployment-job
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse

from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import PosterDep

_TASKS, _STATUS, _WAITS = "approval", "_status", "PENDING"
_SET_TAG = "/api/2.0/mlflow/unity-catalog/model-versions/set-tag"
router = APIRouter(route_class=PageRoute)


def waiting(tags: Iterable[tuple[str, str]]) -> list[str]:
    """Names of the tasks that wait for somebody's answer."""
    known = dict(tags)
    tasks = [key.removesuffix(_STATUS) for key, value in known.items() if key.endswith(_STATUS) and value == _WAITS]
    return [task for task in tasks if task.lower().startswith(_TASKS) and task not in known]


@router.post("/ui/models/{full_name}/versions/{version}/{task}")
def answer(
    viewer: PosterDep,
    full_name: str,
    version: int,
    task: str,
    answer: Annotated[Literal["Approved", "Rejected"], Form()],
    reason: Annotated[str, Form(max_length=250)] = "",
) -> RedirectResponse:
    """Write who answers, why and what on the version; the answer last, as the task goes on when it is there."""
    for key, value in ((f"{task}_by", viewer.principal.name), (f"{task}_reason", reason.strip()), (task, answer)):
        if value:
            viewer.api("POST", _SET_TAG, {"name": full_name, "version": str(version), "key": key, "value": value})
    return RedirectResponse(f"/ui/models/{full_name}", 303)
