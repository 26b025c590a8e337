"""Run Job: a run of another job, as part of this one. https://learn.microsoft.com/azure/databricks/jobs/run-job."""

from __future__ import annotations

from databricks.sdk.service.jobs import (
    ResolvedRunJobTaskValues,
    ResolvedValues,
    RunJobOutput,
    RunOutput,
    RunTask,
    TriggerType,
)

from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.jobs import references, runs, starting, states, stored
from rehearsal.workspace.jobs.attempt import Attempt, Outcome, Scope, TaskType, canceled, failed
from rehearsal.workspace.permissions import acl
from rehearsal.workspace.store import Body

FIELD = "run_job_task"
# Parameters of the child's tasks that are texts in lists or maps; those of task types that are not here are refused.
_MAPS = ("python_named_params", "sql_params")


class RunJobAttempt(Attempt):
    """Starts a run of the other job, or finds the one that an earlier workspace has started, and waits for its end."""

    def perform(self) -> Outcome:
        """Wait for the child's end; cancelling goes down to it."""
        if self.stopped.is_set() and "child_run_id" not in self.record:
            return canceled()
        child = self._child()
        self.runs.submit(child)
        ended = self.runs.watch(child)
        while not ended.wait(0.2):
            if self.runs.stopping.is_set():
                return canceled()  # of no consequence: the next start waits on
            if self.stopped.is_set():
                self.runs.cancel(child)
                ended.wait()
        with self.platform.store.transaction() as tx:
            try:
                child = runs.find(tx, child["workspace"], child["run_id"])
            except DatabricksError:
                return failed("RESOURCE_NOT_FOUND", f"Run {child['run_id']} of job {child['job_id']} was deleted.")
        return canceled() if self.stopped.is_set() else _outcome(child)

    def _child(self) -> Body:
        """The child run; made in the same transaction as the note of it. Raises DatabricksError."""
        wanted = self.settings[FIELD]
        workspace = self.run["workspace"]
        with self.platform.store.transaction() as tx:
            if "child_run_id" in self.record:
                return runs.find(tx, workspace, self.record["child_run_id"])
            job = stored.find(tx, workspace, int(wanted["job_id"]))
            principal = self.principal(tx)
            acl.require_level(tx, principal, workspace, "jobs", str(job["job_id"]), "CAN_MANAGE_RUN")
            ancestors = (*self.run["ancestors"], self.run["job_id"])
            if job["job_id"] in ancestors:
                raise invalid(f"Job {job['job_id']} runs itself, directly or by other jobs.")
            request = self._request(tx)
            info = {"run_id": self.record["run_id"]}
            by = starting.Start(principal.name, TriggerType.RUN_JOB_TASK, info, ancestors)
            child = starting.start(tx, job, by, request)
            resolved = {name: request[name] for name in ("job_parameters",) if name in request}
            self.begin(child_run_id=child["run_id"], resolved=resolved)
        return child

    def _request(self, tx: object) -> Body:
        wanted = self.settings[FIELD]
        context = self.context(tx)  # type: ignore[arg-type]

        def resolve(value: object) -> str:
            return references.resolve(str(value), context)

        request: Body = {}
        for name in ("job_parameters", *_MAPS):
            if wanted.get(name):
                request[name] = {key: resolve(value) for key, value in wanted[name].items()}
        if wanted.get("python_params"):
            request["python_params"] = [resolve(value) for value in wanted["python_params"]]
        return request


def _outcome(child: Body) -> Outcome:
    result = child["result"]
    if result in ("SUCCESS", "SUCCESS_WITH_FAILURES"):
        return Outcome("SUCCESS", "SUCCESS", "")
    if result in states.CANCELED:
        return Outcome("CANCELED", "CANCELED", f"Run {child['run_id']} of job {child['job_id']} was cancelled.")
    text = f"Run {child['run_id']} of job {child['job_id']} ended with {result}"
    return failed("RUN_EXECUTION_ERROR", f"{text}: {child['message']}" if child.get("message") else f"{text}.")


def _check(key: str, task: Body, _: Scope) -> None:
    wanted = task[FIELD]
    if not wanted.get("job_id"):
        raise invalid(f"Task '{key}': {FIELD}.job_id is required.")
    known = ("job_id", "job_parameters", "python_params", *_MAPS)
    foreign = sorted(name for name, value in wanted.items() if value and name not in known)
    if foreign:
        raise invalid(f"Task '{key}': {FIELD}.{foreign[0]} is not supported: no task here takes such parameters.")


def _show(answer: RunTask, record: Body) -> None:
    if record.get("resolved"):
        answer.resolved_values = ResolvedValues(run_job_task=ResolvedRunJobTaskValues(**record["resolved"]))


def _output(answer: RunOutput, record: Body) -> None:
    if "child_run_id" in record:
        answer.run_job_output = RunJobOutput(run_id=record["child_run_id"])


TYPE = TaskType(FIELD, _check, RunJobAttempt, _show, _output, resumes=True)
