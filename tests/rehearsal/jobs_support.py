"""Running deployed jobs by their names, as people who may run them do."""

from __future__ import annotations

from databricks.sdk import WorkspaceClient

from environments import names
from environments.settings import Environment, Model
from rehearsal.play import jobs
from tests.rehearsal.checkout import Checkout


def run_job(
    checkout: Checkout,
    environment: Environment,
    model: Model,
    purpose: str,
    only: list[str] | None = None,
    **parameters: str,
) -> dict[str, str]:
    """Run a job, or only some of its tasks; result state and error of each task."""
    client = checkout.admin(environment.name)
    return ended(client, started(client, names.job(environment, model, purpose), only, parameters or None))


def started(
    client: WorkspaceClient, job_name: str, only: list[str] | None = None, parameters: dict[str, str] | None = None
) -> int:
    """The run of a job, or only of some of its tasks, that whoever the client is has begun."""
    job = next(iter(client.jobs.list(name=job_name)))
    return client.jobs.run_now(int(job.job_id or 0), python_named_params=parameters, only=only).run_id


def ended(client: WorkspaceClient, run_id: int) -> dict[str, str]:
    """Result state and error of each task of a run, once it has ended."""
    run = jobs.ended(client, run_id)
    return {
        task.task_key: f"{task.state.result_state.value} {client.jobs.get_run_output(task.run_id).error or ''}"
        for task in run.tasks or []
        if task.state and task.state.result_state
    }
