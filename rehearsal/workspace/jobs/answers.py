"""Runs as the API shows them: databricks-sdk's `Run`, `RunTask` and `RunOutput` made from the stored documents."""

from __future__ import annotations

from databricks.sdk.service.jobs import (
    CronSchedule,
    JobParameter,
    Run,
    RunOutput,
    RunParameters,
    RunTask,
    RunType,
    TriggerInfo,
    TriggerType,
)

from rehearsal.workspace.context import Platform
from rehearsal.workspace.jobs import logs, paging, repairs, runs, states
from rehearsal.workspace.jobs.runs import Where
from rehearsal.workspace.jobs.tasks import type_of
from rehearsal.workspace.store import Body

# Fields of a task's settings that its answer does not have, or has in a form of its own.
_NOT_SHOWN = ("health",)


def run_page(platform: Platform, run: Body) -> str:
    """Address of the run's page."""
    return f"{platform.host(run['workspace'])}/jobs/{run['job_id']}/runs/{run['run_id']}"


def run_answer(
    platform: Platform, run: Body, *, with_tasks: bool = True, with_history: bool = False, page_token: str = ""
) -> Run:
    """The run as `runs/get` shows it: an entry of `tasks` for each attempt of each task, a hundred to a page."""
    answer = _answer(platform, run, run)
    answer.run_name = run["settings"]["name"]
    answer.original_attempt_run_id = run["run_id"]
    answer.queue_duration = run.get("queue_duration")
    if with_history:
        answer.repair_history = repairs.history(run)
    if with_tasks:
        everything = [(Where(task["task_key"]), each) for task in run["tasks"] for each in runs.attempts(task)]
        page, answer.next_page_token, _ = paging.page(everything, page_token, paging.TASKS)
        answer.tasks = [_task_answer(platform, run, where, record) for where, record in page]
        answer.has_more = answer.next_page_token is not None or None
    return answer


def task_run_answer(platform: Platform, run: Body, where: Where, record: Body, page_token: str = "") -> Run:
    """The run of one task, or of an iteration; that of a for-each task with its iterations."""
    answer = _answer(platform, run, record)
    answer.run_name = runs.settings_of(run, where)["task_key"]
    answer.original_attempt_run_id = runs.attempts(runs.record(run, where))[0]["run_id"]
    answer.attempt_number = record["attempt_number"]
    answer.tasks = [_task_answer(platform, run, where, record)]
    if record.get("iterations") is not None:
        everything = [
            (Where(where.task_key, item["index"]), each)
            for item in record["iterations"]
            for each in runs.attempts(item)
        ]
        page, answer.next_page_token, _ = paging.page(everything, page_token, paging.TASKS)
        answer.iterations = [_task_answer(platform, run, *entry) for entry in page]
        answer.has_more = answer.next_page_token is not None or None
    return answer


def output_answer(platform: Platform, run: Body, where: Where, record: Body) -> RunOutput:
    """What the task wrote, and why it failed."""
    text, truncated = logs.end_of(logs.file_of(platform, run, record))
    answer = RunOutput(
        metadata=task_run_answer(platform, run, where, record),
        logs=text,
        logs_truncated=truncated,
        error=record.get("error"),
        error_trace=record.get("error_trace"),
    )
    type_of(runs.settings_of(run, where)).output(answer, record)
    return answer


def _answer(platform: Platform, run: Body, subject: Body) -> Run:
    settings = run["settings"]
    state, status = states.views(subject, of_tasks=subject is run)
    overriding = RunParameters.from_dict(run["overriding"])
    trigger_info = {name: value for name, value in run["trigger_info"].items() if name == "run_id"}
    answer = Run(
        job_id=run["job_id"],
        run_id=subject["run_id"],
        job_run_id=run["run_id"],
        number_in_job=run["number_in_job"],
        attempt_number=0,
        creator_user_name=run["creator_user_name"],
        run_page_url=run_page(platform, run),
        run_type=RunType(run["run_type"]),
        trigger=TriggerType(run["trigger"]),
        trigger_info=TriggerInfo.from_dict(trigger_info) if trigger_info else None,
        schedule=CronSchedule.from_dict(settings["schedule"]) if "schedule" in settings else None,
        job_parameters=[
            JobParameter(name=item["name"], default=item["default"], value=run["job_parameters"].get(item["name"]))
            for item in settings.get("parameters", [])
        ]
        or None,
        overriding_parameters=overriding if overriding.as_dict() else None,
        state=state,
        status=status,
    )
    for name, value in _times(platform, subject).items():
        setattr(answer, name, value)
    return answer


def _task_answer(platform: Platform, run: Body, where: Where, record: Body) -> RunTask:
    state, status = states.views(record, of_tasks=False)
    settings = runs.settings_of(run, where)
    answer = RunTask.from_dict({name: value for name, value in settings.items() if name not in _NOT_SHOWN})
    answer.run_id = record["run_id"]
    answer.attempt_number = record["attempt_number"]
    answer.run_page_url = run_page(platform, run)
    answer.state, answer.status = state, status
    type_of(settings).show(answer, record)
    for name, value in _times(platform, record).items():
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
