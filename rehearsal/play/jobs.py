"""Run a deployed job by name, follow its tasks, and tell what became of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from databricks.sdk import WorkspaceClient
from databricks.sdk.service import jobs

from rehearsal.play.report.model import Run, Task

_POLL_SECONDS = 0.5


class RunFailed(Exception):
    """A run that has to succeed did not; the message names the job, the task and its error."""


def require_success(*runs: Run) -> None:
    """Raises RunFailed for the first that did not succeed."""
    for run in runs:
        if run.state != "SUCCESS":
            failed = next((task for task in run.tasks if task.error), None)
            why = f"task {failed.key}: {failed.error}" if failed else run.note
            raise RunFailed(f"job {run.job} ended as {run.state}; {why}")


def run(
    client: WorkspaceClient,
    name: str,
    environment: str,
    progress: Callable[[str], None],
    meanwhile: Mapping[str, Callable[[], None]],
) -> Run:
    """Start the job, wait until the run has ended, and describe it; a failed run is described, not raised.

    Args:
        meanwhile: what somebody does when a task runs, by the task's key.

    Raises LookupError when there is no job of this name.
    """
    job = next(iter(client.jobs.list(name=name)), None)
    if job is None or job.job_id is None:
        raise LookupError(f"no job named {name} in workspace {environment}: was it deployed?")
    run_id = client.jobs.run_now(job.job_id).run_id
    seen: dict[str, str] = {}

    def follow(answer: jobs.Run) -> None:
        for task in answer.tasks or []:
            state = _state(task.state)
            if seen.get(task.task_key) != state:
                seen[task.task_key] = state
                progress(f"{task.task_key}: {state.lower()}")
                if state == "RUNNING" and task.task_key in meanwhile:
                    meanwhile[task.task_key]()

    return described(client, ended(client, run_id, follow), environment)


def ended(client: WorkspaceClient, run_id: int, follow: Callable[[jobs.Run], None] = lambda run: None) -> jobs.Run:
    """The run, once it has ended or was skipped; `follow` is told each time it is looked at."""
    while True:
        found = client.jobs.get_run(run_id)
        follow(found)
        state = found.state
        if state and (state.result_state or state.life_cycle_state == jobs.RunLifeCycleState.SKIPPED):
            return found
        time.sleep(_POLL_SECONDS)


def described(client: WorkspaceClient, run: jobs.Run, environment: str) -> Run:
    """What became of a run that has ended."""
    job = client.jobs.get(run.job_id or 0)
    state = _state(run.state)
    return Run(
        job=str(job.settings.name if job.settings else run.run_name),
        run_id=run.run_id or "",
        environment=environment,
        state=state,
        tasks=[_task(client, task) for task in run.tasks or []],
        seconds=_seconds(run.start_time, run.end_time),
        run_as=job.run_as_user_name or "",
        note=(run.state.state_message or "") if run.state else "",
    )


def _task(client: WorkspaceClient, task: jobs.RunTask) -> Task:
    state, error = _state(task.state), ""
    if state not in {"SUCCESS", "UPSTREAM_FAILED"} and task.run_id:
        error = client.jobs.get_run_output(task.run_id).error or ""
    return Task(
        key=task.task_key,
        state=state,
        seconds=_seconds(task.start_time, task.end_time),
        depends_on=[parent.task_key for parent in task.depends_on or []],
        error=error,
    )


def _state(state: jobs.RunState | None) -> str:
    if state is None:
        return "PENDING"
    value = state.result_state or state.life_cycle_state
    return value.value if value else "PENDING"


def _seconds(start: int | None, end: int | None) -> float | None:
    return (end - start) / 1000 if start and end else None
