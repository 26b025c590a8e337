"""What tasks have in common that are a Python process of their own: libraries, token, environment, exit status."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from rehearsal.postgres.server import HOST
from rehearsal.workspace import processes
from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.identity import tokens
from rehearsal.workspace.jobs import logs, references, wheels
from rehearsal.workspace.jobs.attempt import Assignment, Attempt, Outcome, Scope, canceled, failed
from rehearsal.workspace.jobs.states import WORKLOAD_FAILED
from rehearsal.workspace.store import Body, Transaction

RUNTIME = Path(__file__).parents[3] / "runtime"
_TOKEN_SECONDS = 24 * 3600
_TERMINATION_SECONDS = 5
# Of the workspace's own environment a task sees what names programs and languages, nothing that is a credential.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "OMP_NUM_THREADS", "JAVA_HOME")
_CLUSTERS = ("new_cluster", "existing_cluster_id", "job_cluster_key")


class ProcessAttempt(Attempt):
    """A process of the run's principal, forked by the warm parent."""

    def __init__(self, given: Assignment) -> None:
        super().__init__(given)
        self._guard = threading.Lock()
        self._pid: int | None = None

    def arguments(self, tx: Transaction) -> list[str]:
        """The process's arguments, resolved."""
        raise NotImplementedError

    def program(self, principal: Principal, work: Path) -> list[str]:
        """What the launcher is to run. Raises LibraryInstallationError, DatabricksError."""
        raise NotImplementedError

    def perform(self) -> Outcome:
        """Provide the libraries, start the process, wait for its end."""
        if self.stopped.is_set():
            return canceled()
        try:
            with self.platform.store.transaction() as tx:
                principal = self.principal(tx)
                arguments = self.arguments(tx)
            folders = wheels.provide(self.platform, principal, self._dependencies())
            log = logs.file_of(self.platform, self.run, self.record)
            work = log.parent / "work"
            work.mkdir(parents=True, exist_ok=True)
            program = self.program(principal, work)
            return self._run(principal, [*program, *_repeated("--folder", folders), "--", *arguments], folders, log)
        except wheels.LibraryInstallationError as error:
            return failed("LIBRARY_INSTALLATION_ERROR", str(error))
        except (processes.ProcessesStopped, OSError) as error:
            return failed("INTERNAL_ERROR", f"The task could not be started: {error}")

    def stop(self) -> None:
        """End the process and its group, or see to it that none is started."""
        with self._guard:
            super().stop()
            pid = self._pid
        if pid is not None:
            processes.warm_parent().kill(pid, _TERMINATION_SECONDS)

    def resolve(self, tx: Transaction, texts: list[str]) -> list[str]:
        """The texts with their references replaced."""
        context = self.context(tx)
        return [references.resolve(str(text), context) for text in texts]

    def _entity(self) -> Body:
        told = {"entity_type": "JOB", "job_id": self.run.get("job_id"), "run_id": self.run["run_id"]}
        return {**told, "task_key": self.settings["task_key"]}

    def _run(self, principal: Principal, launch: list[str], folders: list[Path], log: Path) -> Outcome:
        report = log.parent / "report.json"
        arguments = launch[launch.index("--") + 1 :]
        token_id: str | None = None
        try:
            with self._guard:
                if self.stopped.is_set():
                    return canceled()
                parent = processes.warm_parent()
                # Durable before the process can do anything: what it does is never the work of a task yet to start.
                with self.platform.store.transaction() as tx:
                    name = principal.name
                    token, record = tokens.create(tx, name, _TOKEN_SECONDS, "task of a job run", personal=False)
                    token_id = str(record["token_id"])
                    # What Spark writes for the task is told to be the job's in lineage.
                    tx.put(tokens.KIND, token_id, {**record, "entity": self._entity()})
                    self.begin(token_id=token_id, parameters=arguments)
                work = log.parent / "work"
                environment = self._environment(folders, token, work)
                reported = ["--report", str(report), f"--ahead={self.platform.clock.offset.total_seconds()}"]
                self._pid = parent.spawn("task_launcher", [*reported, *launch], environment, work, log)
            code = parent.wait(self._pid)
        finally:
            if token_id is not None:
                with self.platform.store.transaction() as tx:
                    tx.delete(tokens.KIND, token_id)
        if self.stopped.is_set():
            return canceled()
        if code == 0:
            return Outcome("SUCCESS", "SUCCESS", "")
        assert code is not None
        if code == processes.LOST and not parent.alive:
            return failed("DRIVER_ERROR", "The compute that ran the task was lost.")
        told = json.loads(report.read_text()) if report.exists() else {}
        error = told.get("error") or (
            f"The task's process was ended by signal {-code}." if code < 0 else f"The task exited with status {code}."
        )
        return Outcome("FAILED", "RUN_EXECUTION_ERROR", WORKLOAD_FAILED, error, told.get("error_trace"))

    def _dependencies(self) -> list[str]:
        key = self.settings["environment_key"]
        for environment in self.run["settings"]["environments"]:
            if environment["environment_key"] == key:
                return list((environment.get("spec") or {}).get("dependencies") or [])
        raise LookupError(f"environment {key} was checked when the job was made")

    def _environment(self, folders: list[Path], token: str, work: Path) -> dict[str, str]:
        workspace = self.run["workspace"]
        task = {
            "job_id": self.run["job_id"],
            "run_id": self.run["run_id"],
            "task_run_id": self.record["run_id"],
            "task_key": self.settings["task_key"],
        }
        return {
            **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            "HOME": str(work),
            "TMPDIR": str(work),
            "TZ": "UTC",
            "PYTHONPATH": os.pathsep.join(str(folder) for folder in (*folders, RUNTIME)),
            "PYTHONUNBUFFERED": "1",
            "DATABRICKS_HOST": self.platform.host(workspace),
            "DATABRICKS_TOKEN": token,
            "SPARK_REMOTE": self.platform.spark_remote(workspace, token),
            "MLFLOW_TRACKING_URI": "databricks",
            "MLFLOW_REGISTRY_URI": "databricks-uc",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "GIT_PYTHON_REFRESH": "quiet",
            # libpq's own variables are the DNS by which any server's name is the PostgreSQL of the outside world.
            "PGHOSTADDR": HOST,
            "PGPORT": str(self.platform.ports.outside_postgres),
            "PGSSLMODE": "disable",
            "DATABRICKS_TASK_RUN": json.dumps(task),
        }


def check_compute(key: str, task: Body, kind: str, scope: Scope) -> None:
    """Raises DatabricksError 400 unless the task runs on serverless compute in an environment of the job."""
    for cluster in _CLUSTERS:
        if cluster in task:
            raise invalid(f"Task '{key}': {cluster} is not supported: this workspace has serverless compute only.")
    if task.get("libraries"):
        raise invalid(f"Task '{key}': libraries are for clusters; on serverless compute the environment names them.")
    if "environment_key" not in task:
        raise invalid(f"Task '{key}': environment_key is required for a {kind} on serverless compute.")
    if task["environment_key"] not in scope.environments:
        raise invalid(f"Task '{key}' refers to environment '{task['environment_key']}', which the job does not define.")


def _repeated(option: str, values: list[Path]) -> list[str]:
    return [part for value in values for part in (option, str(value))]
