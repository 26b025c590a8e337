"""Jobs: which there are, one with its schedule, tasks and runs, and the buttons that start a run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from databricks.sdk.service.jobs import BaseRun, JobSettings, Task
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from rehearsal import graph
from rehearsal.workspace.ui import formats
from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import PosterDep, ViewerDep, attempt

_RUNS = 50
router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True)
class TaskBox:
    """A task in a drawing."""

    key: str
    depends_on: list[str]
    state: str
    words: str
    address: str


@router.get("/ui/jobs")
def show_all(viewer: ViewerDep) -> HTMLResponse:
    """All jobs that the viewer may see, each with its latest run."""
    client = viewer.client
    latest: dict[int | None, BaseRun] = {}
    for run in islice(client.jobs.list_runs(), 500):
        latest.setdefault(run.job_id, run)
    jobs = sorted(client.jobs.list(), key=lambda job: (job.settings.name or "") if job.settings else "")
    return viewer.page("jobs.html.j2", title="Jobs", jobs=jobs, latest=latest, starts=starts)


@router.get("/ui/jobs/{job_id}")
def show(viewer: ViewerDep, job_id: int) -> HTMLResponse:
    """One job."""
    job = viewer.client.jobs.get(job_id)
    settings = job.settings or JobSettings()
    drawing = graph.layout([_box(task) for task in settings.tasks or []])
    return viewer.page(
        "job.html.j2",
        title=settings.name or str(job_id),
        job=job,
        settings=settings,
        starts=starts(settings),
        drawing=drawing,
        box=(graph.BOX_WIDTH, graph.BOX_HEIGHT),
        runs=attempt(lambda: list(islice(viewer.client.jobs.list_runs(job_id=job_id), _RUNS))),
    )


@router.post("/ui/jobs/{job_id}/run-now")
def run_now(viewer: PosterDep, job_id: int) -> RedirectResponse:
    """Start a run."""
    run = viewer.client.jobs.run_now(job_id)
    return RedirectResponse(f"/ui/jobs/{job_id}/runs/{run.run_id}", 303)


def starts(settings: JobSettings) -> list[str]:
    """What makes the job run, in words."""
    words = []
    if settings.schedule:
        words.append(f"schedule {settings.schedule.quartz_cron_expression} ({settings.schedule.timezone_id})")
    if settings.trigger and settings.trigger.file_arrival:
        words.append(f"files in {settings.trigger.file_arrival.url}")
    if settings.trigger and settings.trigger.table_update:
        words.append(f"changes of {', '.join(settings.trigger.table_update.table_names or [])}")
    if settings.trigger and settings.trigger.periodic:
        unit = formats.word(settings.trigger.periodic.unit).lower()
        words.append(f"every {settings.trigger.periodic.interval} {unit}")
    if settings.continuous:
        words.append("continuously")
    pauses = (settings.schedule, settings.trigger, settings.continuous)
    paused = any(part and formats.word(part.pause_status) == "PAUSED" for part in pauses)
    return [f"{each}, paused" for each in words] if paused else words


def kind_of(task: object) -> str:
    """Which kind of task it is, in words."""
    names = (
        "python_wheel_task", "notebook_task", "sql_task", "condition_task", "for_each_task", "run_job_task",
        "spark_python_task", "dbt_task", "pipeline_task",
    )  # fmt: skip
    found = next((name for name in names if getattr(task, name, None)), "task")
    return found.removesuffix("_task").replace("_", " ")


def _box(task: Task) -> TaskBox:
    before = [dependency.task_key for dependency in task.depends_on or []]
    return TaskBox(task.task_key, before, "", kind_of(task), "")
