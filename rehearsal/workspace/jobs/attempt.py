"""One attempt of a task: its parameters, its wheel, its token, its process, and what became of it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.workspace import processes
from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.identity import principals, tokens
from rehearsal.workspace.jobs import references, runs, task_values, wheels
from rehearsal.workspace.jobs.answers import log_file
from rehearsal.workspace.jobs.states import WORKLOAD_FAILED
from rehearsal.workspace.store import Body, Transaction

RUNTIME = Path(__file__).parents[2] / "runtime"
_TOKEN_SECONDS = 24 * 3600
_TERMINATION_SECONDS = 5
# Of the workspace's own environment a task sees what names programs and languages, nothing that is a credential.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "OMP_NUM_THREADS", "JAVA_HOME")


@dataclass(frozen=True)
class Outcome:
    """How the attempt ended, in the words of `states`; `error` and `trace` are the task's output."""

    result: str
    code: str
    message: str
    error: str | None = None
    trace: str | None = None


class Attempt:
    """A task's attempt; `run` is called once, `stop` from any thread at any time."""

    def __init__(self, platform: Platform, run: Body, task_key: str, note: Callable[..., Body]) -> None:
        self._platform = platform
        self._run = run
        self._settings = runs.settings_of(run, task_key)
        self._task = runs.task_of(run, task_key)
        self._note = note  # durably sets fields of the task's record
        self._guard = threading.Lock()
        self._pid: int | None = None
        self._stopped = False

    def run(self) -> Outcome:
        """Run to the end; every failure is an outcome."""
        token_id: str | None = None
        try:
            with self._platform.store.transaction() as tx:
                principal = principals.load(tx, self._run["run_as"], self._run["workspace"])
                arguments = self._arguments(tx)
                token, record = tokens.create(tx, principal.name, _TOKEN_SECONDS, "task of a job run", personal=False)
                token_id = record["token_id"]
                self._note(token_id=token_id, parameters=arguments)
            folders = wheels.provide(self._platform, principal, self._dependencies())
            return self._execute(arguments, folders, token)
        except wheels.LibraryInstallationError as error:
            return _refused("LIBRARY_INSTALLATION_ERROR", str(error))
        except references.UnresolvedReference as error:
            return _refused("INVALID_RUN_CONFIGURATION", f"Cannot resolve the task's parameters: {error}")
        except DatabricksError as error:
            return _refused("UNAUTHORIZED_ERROR", error.message)
        except (processes.ProcessesStopped, OSError) as error:
            return _refused("INTERNAL_ERROR", f"The task could not be started: {error}")
        finally:
            if token_id is not None:
                with self._platform.store.transaction() as tx:
                    tx.delete(tokens.KIND, token_id)

    def stop(self) -> None:
        """End the task's process, or see to it that none is started."""
        with self._guard:
            self._stopped = True
            pid = self._pid
        if pid is not None:
            processes.warm_parent().kill(pid, _TERMINATION_SECONDS)

    def _execute(self, arguments: list[str], folders: list[Path], token: str) -> Outcome:
        log = log_file(self._platform, self._run, self._task)
        work = log.parent / "work"
        work.mkdir(parents=True, exist_ok=True)
        report = log.parent / "report.json"
        wheel = self._settings["python_wheel_task"]
        launch = ["--package", wheel["package_name"], "--entry-point", wheel["entry_point"], "--report", str(report)]
        launch += [argument for folder in folders for argument in ("--folder", str(folder))]
        environment = self._environment(folders, token, work)
        with self._guard:
            if self._stopped:
                return _stopped()
            parent = processes.warm_parent()
            # Durable before the process can do anything: what it does is never the work of a task yet to start.
            self._note(phase="RUNNING", execution_start=self._platform.clock.milliseconds())
            self._pid = parent.spawn("task_launcher", [*launch, "--", *arguments], environment, work, log)
        code = parent.wait(self._pid, self._settings.get("timeout_seconds") or None)
        if code is None:
            parent.kill(self._pid, _TERMINATION_SECONDS)
            parent.wait(self._pid, _TERMINATION_SECONDS)
            limit = self._settings["timeout_seconds"]
            message = f"The task ran longer than its timeout of {limit} seconds."
            return Outcome("TIMEDOUT", "RUN_EXECUTION_ERROR", message, message)
        if self._stopped:
            return _stopped()
        if code == 0:
            return Outcome("SUCCESS", "SUCCESS", "")
        if code == processes.LOST and not parent.alive:
            return _refused("DRIVER_ERROR", "The compute that ran the task was lost.")
        told = json.loads(report.read_text()) if report.exists() else {}
        error = told.get("error") or (
            f"The task's process was ended by signal {-code}." if code < 0 else f"The task exited with status {code}."
        )
        return Outcome("FAILED", "RUN_EXECUTION_ERROR", WORKLOAD_FAILED, error, told.get("error_trace"))

    def _arguments(self, tx: Transaction) -> list[str]:
        """The process's arguments; what run-now gave wins over the task's own, job parameters over both."""
        wheel = self._settings["python_wheel_task"]
        if "named_parameters" in wheel:
            named = {**wheel["named_parameters"], **(self._run["python_named_params"] or {})}
            named |= self._run["job_parameters"]
            raw = [f"--{name}={value}" for name, value in named.items()]
        else:
            raw = list(self._run["python_params"] or wheel.get("parameters", []))
        context = self._context(tx)
        return [references.resolve(text, context) for text in raw]

    def _context(self, tx: Transaction) -> references.Context:
        run = self._run

        def value(task_key: str, key: str) -> Any:
            return task_values.get(tx, run["workspace"], run["run_id"], task_key, key)

        return references.Context(
            job_id=run["job_id"],
            job_name=run["settings"]["name"],
            run_id=run["run_id"],
            start_time=run["start_time"],
            task_key=self._task["task_key"],
            task_run_id=self._task["run_id"],
            attempt_number=self._task["attempt_number"],
            parameters=run["job_parameters"],
            workspace_url=self._platform.host(run["workspace"]),
            results={task["task_key"]: task.get("result") or "" for task in run["tasks"]},
            task_value=value,
        )

    def _dependencies(self) -> list[str]:
        key = self._settings["environment_key"]
        for environment in self._run["settings"]["environments"]:
            if environment["environment_key"] == key:
                return list((environment.get("spec") or {}).get("dependencies") or [])
        raise LookupError(f"environment {key} was checked when the job was made")

    def _environment(self, folders: list[Path], token: str, work: Path) -> dict[str, str]:
        workspace = self._run["workspace"]
        task = {
            "job_id": self._run["job_id"],
            "run_id": self._run["run_id"],
            "task_run_id": self._task["run_id"],
            "task_key": self._task["task_key"],
        }
        return {
            **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            "HOME": str(work),
            "TMPDIR": str(work),
            "TZ": "UTC",
            "PYTHONPATH": os.pathsep.join(str(folder) for folder in (*folders, RUNTIME)),
            "PYTHONUNBUFFERED": "1",
            "DATABRICKS_HOST": self._platform.host(workspace),
            "DATABRICKS_TOKEN": token,
            "SPARK_REMOTE": self._platform.spark_remote(workspace, token),
            "MLFLOW_TRACKING_URI": "databricks",
            "MLFLOW_REGISTRY_URI": "databricks-uc",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "GIT_PYTHON_REFRESH": "quiet",
            "DATABRICKS_TASK_RUN": json.dumps(task),
        }


def _refused(code: str, message: str) -> Outcome:
    return Outcome("FAILED", code, message, message)


def _stopped() -> Outcome:
    return Outcome("CANCELED", "USER_CANCELED", "Run cancelled.")
