"""Runs as the API shows them: databricks-sdk's `Run`, `RunTask` and `RunOutput` made from the stored documents."""

from __future__ import annotations

from pathlib import Path

from databricks.sdk.service.jobs import (
    CronSchedule,
    JobParameter,
    ResolvedPythonWheelTaskValues,
    ResolvedValues,
    Run,
    RunOutput,
    RunParameters,
    RunTask,
    RunType,
    TriggerType,
)

from rehearsal.workspace.context import Platform
from rehearsal.workspace.jobs import states
from rehearsal.workspace.jobs.runs import settings_of
from rehearsal.workspace.store import Body

# As much of the log's end as `runs/get-output` gives.
_LOG_BYTES = 5 * 1024 * 1024


def log_file(platform: Platform, run: Body, task: Body) -> Path:
    """Where a task's attempt writes its output."""
    folder: Path = platform.home / "runs" / str(run["workspace"]) / str(run["run_id"])
    return folder / str(task["run_id"]) / "output.log"


def run_page(platform: Platform, run: Body) -> str:
    """Address of the run's page."""
    return f"{platform.host(run['workspace'])}/jobs/{run['job_id']}/runs/{run['run_id']}"


def run_answer(platform: Platform, run: Body, with_tasks: bool = True, task: Body | None = None) -> Run:
    """The run as `runs/get` shows it; with a task, that task's own run."""
    subject = run if task is None else task
    state, status = states.views(subject, of_tasks=task is None)
    settings = run["settings"]
    overriding = RunParameters(python_named_params=run["python_named_params"], python_params=run["python_params"])
    shown = run["tasks"] if task is None else [task]
    answer = Run(
        job_id=run["job_id"],
        run_id=subject["run_id"],
        job_run_id=run["run_id"],
        number_in_job=run["number_in_job"],
        original_attempt_run_id=subject["run_id"],
        attempt_number=subject.get("attempt_number", 0),
        creator_user_name=run["creator_user_name"],
        run_name=settings["name"] if task is None else task["task_key"],
        run_page_url=run_page(platform, run),
        run_type=RunType.JOB_RUN,
        trigger=TriggerType.ONE_TIME,
        schedule=CronSchedule.from_dict(settings["schedule"]) if "schedule" in settings else None,
        job_parameters=[
            JobParameter(name=item["name"], default=item["default"], value=run["job_parameters"][item["name"]])
            for item in settings.get("parameters", [])
        ]
        or None,
        overriding_parameters=overriding if overriding.as_dict() else None,
        state=state,
        status=status,
        tasks=[_task_answer(platform, run, each) for each in shown] if with_tasks else None,
    )
    for name, value in _times(platform, subject).items():
        setattr(answer, name, value)
    return answer


def output_answer(platform: Platform, run: Body, task: Body) -> RunOutput:
    """What the task wrote, and why it failed."""
    path = log_file(platform, run, task)
    logs, truncated = None, False
    if path.exists():
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _LOG_BYTES))
            logs, truncated = file.read().decode(errors="replace"), size > _LOG_BYTES
    return RunOutput(
        metadata=run_answer(platform, run, task=task),
        logs=logs,
        logs_truncated=truncated,
        error=task.get("error"),
        error_trace=task.get("error_trace"),
    )


def _task_answer(platform: Platform, run: Body, task: Body) -> RunTask:
    state, status = states.views(task, of_tasks=False)
    settings = settings_of(run, task["task_key"])
    answer = RunTask.from_dict({name: value for name, value in settings.items() if name != "email_notifications"})
    answer.run_id = task["run_id"]
    answer.attempt_number = task["attempt_number"]
    answer.run_page_url = run_page(platform, run)
    answer.state, answer.status = state, status
    if "parameters" in task:
        values = ResolvedPythonWheelTaskValues(parameters=task["parameters"])
        answer.resolved_values = ResolvedValues(python_wheel_task=values)
    for name, value in _times(platform, task).items():
        setattr(answer, name, value)
    return answer


def _times(platform: Platform, record: Body) -> dict[str, int]:
    start, end = record.get("start_time") or 0, record.get("end_time") or 0
    return {
        "start_time": start,
        "end_time": end,
        "setup_duration": record.get("setup_duration", 0),
        "execution_duration": record.get("execution_duration", 0),
        "cleanup_duration": 0,
        "run_duration": (end or platform.clock.milliseconds()) - start if start else 0,
    }
