"""Runs come to be: of a job (by run-now, a trigger, or a task of another job) or by themselves (`runs/submit`).

For who starts runs on somebody's behalf, such as a trigger: in one transaction with his own note of it, call

    run = starting.start(tx, job, starting.Start(job["creator_user_name"], TriggerType.PERIODIC))

with `job` the job's document (`stored.find`), and after the transaction `lifecycle.engine().submit(run)`. A run
that is stored and not submitted, because the workspace died in between, is taken up by the next start.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from databricks.sdk.service.jobs import RunType, TriggerType

from rehearsal.workspace import clock
from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.jobs import notifications, records, runs, states
from rehearsal.workspace.store import Body, Transaction

_REQUEST_KIND = "job_run_request"
_LONGEST_TOKEN = 64
# Parameters of kinds of tasks that no job here can have: they must not be ignored in silence.
_FOREIGN = ("jar_params", "notebook_params", "pipeline_params", "spark_submit_params", "dbt_commands")
SKIPPED = "Run skipped because the maximum number of concurrent runs of the job has been reached."


@dataclass(frozen=True)
class Start:
    """Who or what starts a run."""

    principal: str
    trigger: TriggerType = TriggerType.ONE_TIME
    trigger_info: Body = field(default_factory=dict)
    """The run's `trigger_info`; its `location` is `{{job.trigger.file_arrival.location}}` of a trigger by files."""
    ancestors: tuple[int, ...] = ()
    """Ids of the jobs whose run-job tasks led here, the outermost first."""


def start(tx: Transaction, job: Body, by: Start, request: Body | None = None) -> Body:
    """A new run of the job, QUEUED, PENDING or SKIPPED; the known one, if its idempotency token is known.

    Args:
        request: as run-now takes it (job_parameters, python_params, only, queue, idempotency_token, …).

    Raises DatabricksError 400 for parameters that the job does not have.
    """
    request = request or {}
    known = _known(tx, job["workspace"], request)
    if known is not None:
        return known
    refuse_foreign(request)
    settings = _only(job["settings"], request.get("only"))
    if request.get("queue"):
        settings = {**settings, "queue": request["queue"]}
    run = _blank(tx, job["workspace"], job["job_id"], by, settings)
    run |= {
        "run_as": job["run_as"],
        "job_parameters": parameters(settings, request.get("job_parameters") or {}),
        "overriding": overriding(request),
    }
    _admit(tx, run, _tasks(tx, run))
    return _stored(tx, run, request)


def submit(tx: Transaction, workspace: str, job_id: int, run_as: str, by: Start, settings: Body, request: Body) -> Body:
    """A new one-time run with settings of its own, or the known one."""
    known = _known(tx, workspace, request)
    if known is not None:
        return known
    run = _blank(tx, workspace, job_id, by, settings)
    run |= {"run_as": run_as, "job_parameters": {}, "overriding": {}, "run_type": RunType.SUBMIT_RUN.value}
    run["tasks"] = _tasks(tx, run)
    return _stored(tx, run, request)


def parameters(settings: Body, given: dict[str, str]) -> dict[str, str]:
    """The job's parameters: those given, else their defaults. Raises DatabricksError 400 for others."""
    declared = {parameter["name"]: parameter["default"] for parameter in settings.get("parameters", [])}
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise invalid(f"The job does not define the parameter '{unknown[0]}'.")
    return {**declared, **{name: str(value) for name, value in given.items()}}


def overriding(request: Body) -> Body:
    """The tasks' parameters that a request to run or repair gives."""
    return {name: request[name] for name in ("python_named_params", "python_params", "sql_params") if request.get(name)}


def refuse_foreign(request: Body) -> None:
    """Raises DatabricksError 400 for parameters that no task here could take."""
    found = sorted(name for name in _FOREIGN if request.get(name))
    if found:
        raise invalid(f"{', '.join(found)} cannot be given: jobs of this workspace have no tasks that take them.")


def is_full(tx: Transaction, run: Body) -> bool:
    """Do as many runs of the job as its settings allow run already (or wait to)?"""
    active = [entry for entry in runs.active_of_job(tx, run["workspace"], run["job_id"])]
    others = [entry for entry in active if entry["run_id"] != run["run_id"]]
    return len(others) >= int(run["settings"]["max_concurrent_runs"])


def _known(tx: Transaction, workspace: str, request: Body) -> Body | None:
    """https://docs.databricks.com/api/azure/workspace/jobs/runnow#idempotency_token"""
    token = request.get("idempotency_token")
    if not token:
        return None
    if len(token) > _LONGEST_TOKEN:
        raise invalid(f"idempotency_token must have at most {_LONGEST_TOKEN} characters.")
    entry = tx.get(_REQUEST_KIND, f"{workspace}/{token}")
    if entry is None:
        return None
    try:
        return runs.find(tx, workspace, entry["run_id"])
    except DatabricksError as error:
        raise invalid(f"A run with the idempotency token '{token}' was deleted.") from error


def _blank(tx: Transaction, workspace: str, job_id: int, by: Start, settings: Body) -> Body:
    run_id = runs.new_id(tx)
    return {
        "run_id": run_id,
        "job_id": job_id,
        "number_in_job": run_id,
        "workspace": workspace,
        "run_type": RunType.JOB_RUN.value,
        "creator_user_name": by.principal,
        "trigger": by.trigger.value,
        "trigger_info": by.trigger_info,
        "ancestors": list(by.ancestors),
        "settings": settings,
        "start_time": clock.milliseconds(tx),
        # Timeouts are of real time, however the workspace's clock is moved.
        "real_start": time.time(),
        "phase": "PENDING",
        "repairs": [],
    }


def _tasks(tx: Transaction, run: Body) -> list[Body]:
    return [records.new_task(tx, run, task) for task in run["settings"].get("tasks", [])]


def _admit(tx: Transaction, run: Body, tasks: list[Body]) -> None:
    """https://learn.microsoft.com/azure/databricks/jobs/advanced#configure-maximum-concurrent-runs"""
    run["tasks"] = tasks
    if not is_full(tx, run):
        return
    if (run["settings"].get("queue") or {}).get("enabled"):
        run["phase"] = "QUEUED"
        return
    records.ended(tx, run, "MAXIMUM_CONCURRENT_RUNS_REACHED", "MAX_CONCURRENT_RUNS_EXCEEDED", SKIPPED)
    for task in tasks:
        records.ended(tx, task, "EXCLUDED", "SKIPPED", "")


def _stored(tx: Transaction, run: Body, request: Body) -> Body:
    if token := request.get("idempotency_token"):
        tx.put(_REQUEST_KIND, f"{run['workspace']}/{token}", {"run_id": run["run_id"]})
    runs.save(tx, run)
    if not states.is_active(run):
        notifications.of_ended_run(tx, run)
    return run


def _only(settings: Body, keys: list[str] | None) -> Body:
    """The job's settings with the named tasks alone; what they waited for and is left out, they do not wait for."""
    if not keys:
        return settings
    unknown = sorted(set(keys) - {task["task_key"] for task in settings.get("tasks", [])})
    if unknown:
        raise invalid(f"only names tasks that the job does not have: {', '.join(unknown)}.")
    tasks = [
        {**task, "depends_on": [parent for parent in task.get("depends_on") or [] if parent["task_key"] in keys]}
        for task in settings["tasks"]
        if task["task_key"] in keys
    ]
    return {**settings, "tasks": tasks}
