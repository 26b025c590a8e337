"""One attempt of a task, whatever its type: what every type has in common. The types are in `tasks/`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from databricks.sdk.service.jobs import RunOutput, RunTask

from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.identity import principals
from rehearsal.workspace.identity.installation import workspace_id
from rehearsal.workspace.jobs import references, runs, task_values
from rehearsal.workspace.jobs.leash import Leash
from rehearsal.workspace.jobs.references import Context
from rehearsal.workspace.jobs.runs import Where
from rehearsal.workspace.store import Body, Transaction


@dataclass(frozen=True)
class Outcome:
    """How the attempt ended, in the words of `states`; `error` and `trace` are the task's output."""

    result: str
    code: str
    message: str
    error: str | None = None
    trace: str | None = None


class Runs(Protocol):
    """The engine, as far as an attempt needs it."""

    stopping: threading.Event

    def submit(self, run: Body) -> None:
        """Start a stored run."""

    def cancel(self, run: Body) -> None:
        """Cancel an active run."""

    def watch(self, run: Body) -> threading.Event:
        """An event that is set once the run has ended."""
        ...


@dataclass(frozen=True)
class Assignment:
    """What an attempt is to do, and what it may use."""

    platform: Platform
    runs: Runs
    run: Body
    where: Where
    tend: Callable[[Where, Leash], None]
    """Runs a record of the same run to its result: how a for-each task runs its iterations."""


class Attempt:
    """An attempt; `execute` is called once, `stop` from any thread at any time."""

    def __init__(self, given: Assignment) -> None:
        self.platform = given.platform
        self.runs = given.runs
        self.run = given.run
        self.where = given.where
        self.tend = given.tend
        self.settings = runs.settings_of(given.run, given.where)
        self.record = runs.record(given.run, given.where)
        self.stopped = threading.Event()

    def execute(self) -> Outcome:
        """Run to the end; every failure that the task's owner can do something about is an outcome."""
        try:
            return self.perform()
        except references.UnresolvedReference as error:
            return failed("INVALID_RUN_CONFIGURATION", f"Cannot resolve the task's parameters: {error}")
        except DatabricksError as error:
            code = "UNAUTHORIZED_ERROR" if error.status in (401, 403) else "INVALID_RUN_CONFIGURATION"
            return failed(code, error.message)

    def perform(self) -> Outcome:
        """What the type does."""
        raise NotImplementedError

    def stop(self) -> None:
        """End it, or see to it that nothing is started."""
        self.stopped.set()

    def note(self, **fields: Any) -> Body:
        """Durably set fields of the attempt's record; returns the run."""
        return runs.change(self.platform.store, self.run["workspace"], self.run["run_id"], self.where, **fields)

    def begin(self, **fields: Any) -> Body:
        """Note that the work itself begins now."""
        started = self.record.get("execution_start") or self.platform.clock.milliseconds()
        return self.note(phase="RUNNING", execution_start=started, **fields)

    def principal(self, tx: Transaction) -> Principal:
        """Whom the run runs as. Raises DatabricksError."""
        return principals.load(tx, self.run["run_as"], self.run["workspace"])

    def context(self, tx: Transaction) -> Context:
        """What the task's references can reach now."""
        run = runs.find(tx, self.run["workspace"], self.run["run_id"])

        def value(task_key: str, key: str) -> Any:
            return task_values.get(tx, run["workspace"], run["run_id"], task_key, key)

        trigger = run.get("trigger_info") or {}
        fixed: dict[str, object] = {
            "job.id": run["job_id"],
            "job.name": run["settings"]["name"],
            "job.run_id": run["run_id"],
            "job.repair_count": len(run.get("repairs", [])),
            "job.trigger.type": run["trigger"].lower(),
            "task.name": self.settings["task_key"],
            "task.run_id": self.record["run_id"],
            "task.execution_count": self.record["attempt_number"] + 1,
            "workspace.url": self.platform.host(run["workspace"]),
            "workspace.id": workspace_id(run["workspace"]),
        }
        if "location" in trigger:
            fixed["job.trigger.file_arrival.location"] = trigger["location"]
        return Context(
            fixed=fixed,
            start_time=run["start_time"],
            trigger_time=run["start_time"] if run["trigger"] == "PERIODIC" else None,
            parameters=run["job_parameters"],
            tasks={task["task_key"]: task for task in run["tasks"]},
            task_value=value,
            input=self.record["input"] if self.where.index is not None else references.NO_INPUT,
        )


@dataclass(frozen=True)
class Scope:
    """What a task's settings are checked against."""

    environments: frozenset[str]
    check_task: Callable[[Body], None]
    """Checks the settings of a nested task."""


@dataclass(frozen=True)
class TaskType:
    """One type of task: the field of a task's settings that says it, and all that is particular to it."""

    field: str
    check: Callable[[str, Body, Scope], None]
    """Of (task key, task's settings, scope). Raises DatabricksError 400 for settings that could never run."""
    attempt: type[Attempt]
    show: Callable[[RunTask, Body], None]
    """Adds to a task's answer what its record knows: resolved values, an outcome, statistics."""
    output: Callable[[RunOutput, Body], None]
    """Adds to the answer of `runs/get-output`."""
    resumes: bool = False
    """After the workspace's death such a task goes on where it was; that of another type is lost with its process."""


def nothing_more(_answer: object, _record: Body) -> None:
    """For a type whose answers need nothing more."""


def failed(code: str, message: str) -> Outcome:
    """The outcome of an attempt that could not do its work."""
    return Outcome("FAILED", code, message, message)


def canceled() -> Outcome:
    """The outcome of an attempt that was stopped."""
    return Outcome("CANCELED", "USER_CANCELED", "Run cancelled.")
