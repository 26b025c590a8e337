"""An entry point of a wheel: https://learn.microsoft.com/azure/databricks/jobs/python-wheel."""

from __future__ import annotations

from pathlib import Path

from databricks.sdk.service.jobs import ResolvedPythonWheelTaskValues, ResolvedValues, RunTask

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.jobs.attempt import Scope, TaskType, nothing_more
from rehearsal.workspace.jobs.tasks import process
from rehearsal.workspace.store import Body, Transaction

FIELD = "python_wheel_task"


class WheelAttempt(process.ProcessAttempt):
    """Runs the entry point."""

    def arguments(self, tx: Transaction) -> list[str]:
        """What run-now gave wins over the task's own, job parameters over both."""
        wheel, overriding = self.settings[FIELD], self.run["overriding"]
        if "named_parameters" in wheel:
            named = {**wheel["named_parameters"], **overriding.get("python_named_params", {})}
            named |= self.run["job_parameters"]
            return self.resolve(tx, [f"--{name}={value}" for name, value in named.items()])
        return self.resolve(tx, overriding.get("python_params") or wheel.get("parameters") or [])

    def program(self, principal: Principal, work: Path) -> list[str]:
        """The package's entry point."""
        wheel = self.settings[FIELD]
        return ["--package", wheel["package_name"], "--entry-point", wheel["entry_point"]]


def _check(key: str, task: Body, scope: Scope) -> None:
    wheel = task[FIELD]
    for field in ("package_name", "entry_point"):
        if not wheel.get(field):
            raise invalid(f"Task '{key}': {FIELD}.{field} is required.")
    if wheel.get("parameters") and wheel.get("named_parameters"):
        raise invalid(f"Task '{key}': parameters and named_parameters cannot both be set.")
    process.check_compute(key, task, FIELD, scope)


def _show(answer: RunTask, record: Body) -> None:
    if "parameters" in record:
        values = ResolvedPythonWheelTaskValues(parameters=record["parameters"])
        answer.resolved_values = ResolvedValues(python_wheel_task=values)


TYPE = TaskType(FIELD, _check, WheelAttempt, _show, nothing_more)
