"""A Python file of a volume: https://learn.microsoft.com/azure/databricks/jobs/python-script."""

from __future__ import annotations

from pathlib import Path

from databricks.sdk.service.jobs import ResolvedStringParamsValues, ResolvedValues, RunTask

from rehearsal.workspace.context import Principal
from rehearsal.workspace.jobs import files
from rehearsal.workspace.jobs.attempt import Scope, TaskType, nothing_more
from rehearsal.workspace.jobs.tasks import process
from rehearsal.workspace.store import Body, Transaction

FIELD = "spark_python_task"


class ScriptAttempt(process.ProcessAttempt):
    """Runs the file as a script."""

    def arguments(self, tx: Transaction) -> list[str]:
        """What run-now gave wins over the task's own."""
        own = self.settings[FIELD].get("parameters") or []
        return self.resolve(tx, self.run["overriding"].get("python_params") or own)

    def program(self, principal: Principal, work: Path) -> list[str]:
        """A copy of the file, which may change while the task runs."""
        path = self.settings[FIELD]["python_file"]
        copy = work.parent / Path(path).name
        copy.write_bytes(files.read(self.platform, principal, path))
        return ["--script", str(copy)]


def _check(key: str, task: Body, scope: Scope) -> None:
    files.check(f"Task '{key}': {FIELD}.python_file", task[FIELD].get("python_file"), task[FIELD].get("source"))
    process.check_compute(key, task, FIELD, scope)


def _show(answer: RunTask, record: Body) -> None:
    if "parameters" in record:
        values = ResolvedStringParamsValues(parameters=record["parameters"])
        answer.resolved_values = ResolvedValues(spark_python_task=values)


TYPE = TaskType(FIELD, _check, ScriptAttempt, _show, nothing_more)
