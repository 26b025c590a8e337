"""A run of a job: its tasks as a graph, with logs, errors and the values they handed on; to cancel and to repair."""

from __future__ import annotations

import json
from dataclasses import dataclass

from databricks.sdk.service.jobs import Run, RunLifecycleStateV2State, RunOutput, RunTask
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from rehearsal import graph
from rehearsal.workspace.jobs import task_values
from rehearsal.workspace.ui import formats
from rehearsal.workspace.ui.jobs import TaskBox, kind_of
from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import Outcome, PosterDep, Viewer, ViewerDep, attempt

_LOG_CHARACTERS = 200_000
_RUN = "/ui/jobs/{job_id}/runs/{run_id}"
router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True)
class Shown:
    """A task's run with its output."""

    task: RunTask
    kind: str
    state: str
    output: Outcome[RunOutput]
    log: str
    values: dict[str, str]


@router.get(_RUN)
def show(viewer: ViewerDep, job_id: int, run_id: int) -> HTMLResponse:
    """One run."""
    run = viewer.client.jobs.get_run(run_id)
    values = _values(viewer, run_id)
    tasks = [_shown(viewer, task, values) for task in _latest(run)]
    return viewer.page(
        "job_run.html.j2",
        title=f"{run.run_name or job_id}, run {run_id}",
        run=run,
        job_id=job_id,
        state=_state(run),
        going=_going(run),
        tasks=tasks,
        drawing=graph.layout([_box(shown) for shown in tasks]),
        box=(graph.BOX_WIDTH, graph.BOX_HEIGHT),
        repairable=not _going(run) and _state(run) != "SUCCESS",
    )


@router.post(_RUN + "/cancel")
def cancel(viewer: PosterDep, job_id: int, run_id: int) -> RedirectResponse:
    """Cancel the run."""
    viewer.client.jobs.cancel_run(run_id)
    return RedirectResponse(f"/ui/jobs/{job_id}/runs/{run_id}", 303)


@router.post(_RUN + "/repair")
def repair(viewer: PosterDep, job_id: int, run_id: int) -> RedirectResponse:
    """Run again what failed, and what was left out for it."""
    run = viewer.client.jobs.get_run(run_id)
    latest = max((repair.id or 0 for repair in run.repair_history or []), default=0)
    viewer.client.jobs.repair_run(run_id, rerun_all_failed_tasks=True, latest_repair_id=latest or None)
    return RedirectResponse(f"/ui/jobs/{job_id}/runs/{run_id}", 303)


def _latest(run: Run) -> list[RunTask]:
    """Each task's last attempt, in the order of the tasks."""
    latest: dict[str, RunTask] = {}
    for task in run.tasks or []:
        known = latest.get(task.task_key)
        if known is None or (task.attempt_number or 0, task.start_time or 0) >= (
            known.attempt_number or 0,
            known.start_time or 0,
        ):
            latest[task.task_key] = task
    return list(latest.values())


def _shown(viewer: Viewer, task: RunTask, values: dict[str, dict[str, str]]) -> Shown:
    output = attempt(lambda: viewer.client.jobs.get_run_output(task.run_id or 0))
    log = (output.value.logs or "") if output.value else ""
    return Shown(task, kind_of(task), _state(task), output, log[-_LOG_CHARACTERS:], values.get(task.task_key, {}))


def _values(viewer: Viewer, run_id: int) -> dict[str, dict[str, str]]:
    """Values of a run that the viewer may see, by task and key: the REST API gives them to tasks alone."""
    prefix = f"{viewer.workspace}/{run_id}/"
    found: dict[str, dict[str, str]] = {}
    with viewer.platform.store.transaction() as tx:
        for key, body in tx.items(task_values.KIND, prefix):
            task, _, name = key.removeprefix(prefix).partition("/")
            found.setdefault(task, {})[name] = json.dumps(body["value"], ensure_ascii=False)
    return found


def _state(subject: Run | RunTask) -> str:
    state = subject.state
    return formats.word((state.result_state or state.life_cycle_state) if state else "")


def _going(run: Run) -> bool:
    return bool(run.status and run.status.state != RunLifecycleStateV2State.TERMINATED)


def _box(shown: Shown) -> TaskBox:
    task = shown.task
    before = [dependency.task_key for dependency in task.depends_on or []]
    spent = formats.duration(task.execution_duration or task.run_duration) if task.start_time else ""
    words = " · ".join(part for part in (shown.state.replace("_", " ").lower(), spent) if part)
    return TaskBox(task.task_key, before, shown.state, words, f"#task-{task.task_key}")
