"""Run deployed jobs as who is signed in by the environment's profile; a failed one is told with its task's error."""

from __future__ import annotations

from datetime import timedelta

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import OperationFailed
from databricks.sdk.service.jobs import Run, RunResultState

from delivery.errors import DeliveryError
from environments import names
from environments.settings import Environment, Model


def run(environment: Environment, model: Model, purpose: str) -> str:
    """Start the job and wait until it has succeeded; what became of it, in a line. Raises DeliveryError."""
    client, name = WorkspaceClient(profile=environment.profile), names.job(environment, model, purpose)
    minutes = environment.compute.job_timeout_minutes * (1 + environment.compute.task_retries)
    started = client.jobs.run_now(_job_id(client, name))
    try:
        ended = started.result(timeout=timedelta(minutes=minutes))
    except OperationFailed:
        ended = client.jobs.get_run(started.run_id)  # the task's error says more
    except TimeoutError as error:
        raise DeliveryError(f"job {name}", "a run that goes on", f"its end within {minutes} minutes") from error
    if ended.state is None or ended.state.result_state != RunResultState.SUCCESS:
        raise DeliveryError(f"job {name}", _why(client, ended), "a run that succeeds")
    seconds = ((ended.end_time or 0) - (ended.start_time or 0)) / 1000
    return f"job {name} succeeded in {seconds:.0f} s"


def start(environment: Environment, model: Model, purpose: str) -> str:
    """Start the job, and do not wait. Raises DeliveryError when it is not there."""
    client, name = WorkspaceClient(profile=environment.profile), names.job(environment, model, purpose)
    return f"job {name} runs: {client.jobs.run_now(_job_id(client, name)).run_id}"


def _job_id(client: WorkspaceClient, name: str) -> int:
    job = next(iter(client.jobs.list(name=name)), None)
    if job is None or job.job_id is None:
        raise DeliveryError(f"job {name}", "no such job", "one that was deployed")
    return job.job_id


def _why(client: WorkspaceClient, ended: Run) -> str:
    for task in ended.tasks or []:
        if task.run_id and task.state and task.state.result_state == RunResultState.FAILED:
            return f"task {task.task_key} failed: {client.jobs.get_run_output(task.run_id).error}"
    state = ended.state
    word = state.result_state.value if state and state.result_state else "no result"
    return f"{word} {state.state_message or ''}".strip() if state else word
