"""Running deployed jobs by their names, as people who may run them do."""

from __future__ import annotations

import time

from environments import names
from environments.settings import Environment, Model
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
    job = next(iter(client.jobs.list(name=names.job(environment, model, purpose))))
    run_id = client.jobs.run_now(int(job.job_id or 0), python_named_params=parameters or None, only=only).run_id
    while not (run := client.jobs.get_run(run_id)).state.result_state:
        time.sleep(0.3)
    return {
        task.task_key: f"{task.state.result_state.value} {client.jobs.get_run_output(task.run_id).error or ''}"
        for task in run.tasks or []
        if task.state and task.state.result_state
    }
