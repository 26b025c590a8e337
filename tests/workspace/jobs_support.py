"""What the tests of jobs stand on: a served workspace with a volume, people, and a small wheel of tasks."""

from __future__ import annotations

import configparser
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.service import compute, jobs
from databricks.sdk.service.catalog import PermissionsChange, Privilege, VolumeType

from rehearsal.listening import listens
from rehearsal.workspace.context import Platform, Ports
from rehearsal.workspace.identity import bootstrap, directory, tokens
from rehearsal.workspace.store import Store, state_file
from tests.ports import free_port_base
from tests.workspace.conftest import Server, let_run_as

CHECKOUT = Path(__file__).parents[2]
ROBOT = "11111111-2222-4333-8444-555555555555"
ANALYST = "analyst@example.com"
CATALOG = "of_jobs"
WHEEL = f"/Volumes/{CATALOG}/artifacts/wheels/tasks-0.1.0-py3-none-any.whl"

TASKS = """
import os, subprocess, sys, time
from pathlib import Path

def arguments():
    return dict(a[2:].split("=", 1) for a in sys.argv[1:])

def hello():
    print("hello", sys.argv[1:])

def whoami():
    from databricks.sdk import WorkspaceClient
    print("I am", WorkspaceClient().current_user.me().user_name)

def produce():
    from databricks.sdk.runtime import dbutils
    dbutils.jobs.taskValues.set("model_uri", "models:/dev.flights.delay/7")
    dbutils.jobs.taskValues.set(key="numbers", value=[1, 2])

def consume():
    from databricks.sdk.runtime import dbutils
    print("uri", dbutils.widgets.get("uri"), "numbers", dbutils.jobs.taskValues.get("produce", "numbers"))
    print("missing", dbutils.jobs.taskValues.get("produce", "nothing", default="none"))

def fail():
    raise ValueError("the source has no column dep_delay")

def leave():
    sys.exit(int(arguments()["status"]))

def flaky():
    marker = Path(arguments()["marker"])
    marker.write_text(marker.read_text() + "x" if marker.exists() else "x")
    if len(marker.read_text()) < 3:
        raise RuntimeError("not yet")

def flaky_for():
    n = int(arguments()["n"])
    folder = Path(arguments()["marker"])
    tries = len(list(folder.glob(f"{n}.*")))
    (folder / f"{n}.{tries}").touch()
    if n == 2 and tries == 0:
        raise RuntimeError("not 2 yet")

def sleep_once():
    marker = Path(arguments()["marker"]) / arguments()["n"]
    if not marker.exists() and marker.name != "b":
        marker.touch()
        time.sleep(300)

def sleep():
    child = subprocess.Popen(["sleep", "300"])
    Path(arguments()["marker"]).write_text(f"{os.getpid()} {child.pid}")
    time.sleep(300)

def environment():
    print(sorted(os.environ))
    for name in ("infra", "rehearsal_not_there", "environments"):
        try:
            __import__(name)
            print(name, "found")
        except ImportError:
            print(name, "unknown")

def files():
    from databricks.sdk.runtime import dbutils
    folder = "/Volumes/of_jobs/artifacts/wheels/notes"
    dbutils.fs.mkdirs(folder)
    dbutils.fs.put(folder + "/a.txt", "written by a task")
    print(dbutils.fs.head(folder + "/a.txt"), [f.name for f in dbutils.fs.ls(folder)])
    dbutils.fs.rm(folder, True)
    print("left", [f.name for f in dbutils.fs.ls("/Volumes/of_jobs/artifacts/wheels")])

def features():
    from importlib.metadata import version
    from databricks.feature_engineering import FeatureEngineeringClient, FeatureLookup
    print(FeatureEngineeringClient.__name__, version("databricks-feature-engineering"))

def runtime():
    from databricks.sdk.runtime import dbutils, displayHTML, udf
    import databricks.sdk.runtime as names
    dbutils.widgets.text("colour", "green")
    print(dbutils.widgets.get("colour"), dbutils.widgets.get("size"), names.is_local_implementation)
    try:
        dbutils.jobs.taskValues.get(taskKey="nobody", key="k")
    except ValueError as error:
        print(error)
    print("session made:", "spark" in vars(names))

def spark_sql():
    started = time.time()
    from databricks.sdk.runtime import spark, sql
    from pyspark.sql import SparkSession
    print(spark.sql("SELECT 40 + 2 AS n").collect(), spark is SparkSession.builder.getOrCreate())
    print(f"{time.time() - started:.1f} seconds")

def moments():
    from datetime import UTC, datetime
    from databricks.sdk.runtime import spark
    from pyspark.sql import functions as F
    print(datetime.now(UTC).isoformat())
    print(datetime.fromtimestamp(time.time(), UTC).isoformat())
    (row,) = spark.range(1).select(F.unix_timestamp().alias("a"), F.expr("unix_seconds(now())").alias("b")).collect()
    print(*[datetime.fromtimestamp(value, UTC).isoformat() for value in (row.a + 1, row.b + 1)])
"""
ENTRY_POINTS = (
    "files",
    "features",
    "runtime",
    "spark_sql",
    "moments",
    "hello",
    "whoami",
    "produce",
    "consume",
    "fail",
    "leave",
    "flaky",
    "flaky_for",
    "sleep_once",
    "sleep",
    "environment",
)


class Workspace:
    """A workspace process over a home folder; may be killed and started again."""

    def __init__(self, home: Path, *, compute: bool = False, base: int | None = None) -> None:
        self.home = home
        self._without = [] if compute else ["--without", "compute"]
        self.base = base or free_port_base()
        self.platform = Platform(home, Store(state_file(home)), Ports(self.base))
        self._process: subprocess.Popen[bytes] | None = None
        self._server: Server | None = None

    @classmethod
    def of(cls, running: Server) -> Workspace:
        """The session's own workspace process, which tests of jobs may kill as well."""
        workspace = cls(running.home, base=running.port_base)
        workspace._server = running
        return workspace

    def start(self) -> None:
        if self._server is not None:
            self._server.start()
            return
        command = [sys.executable, "-m", "rehearsal.workspace", "serve", *self._without]
        command += ["--home", str(self.home), "--port-base", str(self.base)]
        environment = {**os.environ, "SECRET_OF_THE_WORKSPACE": "s3cret"}
        with (self.home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=CHECKOUT, stdout=log, stderr=log, env=environment)
        deadline = time.monotonic() + 120
        while not listens(self.base + 1):
            assert self._process.poll() is None, (self.home / "server.log").read_text()
            assert time.monotonic() < deadline, "the workspace did not start"
            time.sleep(0.05)

    def kill(self) -> None:
        if self._server is not None:
            self._server.stop(signal.SIGKILL)
            return
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(timeout=60)

    def prepare(self) -> None:
        """The people; of a workspace of its own, before the first start."""
        with self.platform.store.transaction() as tx:
            if self._server is None:
                bootstrap.bootstrap(tx)
            for kind, name, field in (
                ("service_principal", ROBOT, "applicationId"),
                ("user", ANALYST, "userName"),
            ):
                directory.put(tx, kind, {"id": directory.new_id(tx), field: name, "displayName": name, "active": True})

    def fill(self, folder: Path) -> None:
        """A volume that the robot may read, with the wheel in it; jobs of the administrator's run as the robot."""
        admin = self.admin()
        let_run_as(admin, ROBOT)
        admin.catalogs.create(CATALOG)
        admin.schemas.create("artifacts", CATALOG)
        admin.volumes.create(CATALOG, "artifacts", "wheels", VolumeType.MANAGED)
        allowed = [Privilege.USE_CATALOG, Privilege.USE_SCHEMA, Privilege.READ_VOLUME, Privilege.WRITE_VOLUME]
        admin.grants.update("catalog", CATALOG, changes=[PermissionsChange(add=allowed, principal=ROBOT)])
        with wheel(folder).open("rb") as file:
            admin.files.upload(WHEEL, file)

    def admin(self) -> WorkspaceClient:
        profiles = configparser.ConfigParser()
        profiles.read(self.home / "databrickscfg")
        return self._client(profiles["dev"]["token"])

    def client_of(self, name: str) -> WorkspaceClient:
        with self.platform.store.transaction() as tx:
            return self._client(tokens.issue(tx, name, 3600, "test"))

    def _client(self, token: str) -> WorkspaceClient:
        return WorkspaceClient(config=Config(host=f"http://127.0.0.1:{self.base + 1}", token=token))


def served(running: Server, folders: pytest.TempPathFactory) -> Workspace:
    """The session's workspace with people and the wheel, which are made once."""
    workspace = Workspace.of(running)
    if CATALOG not in [catalog.name for catalog in workspace.admin().catalogs.list()]:
        workspace.prepare()
        workspace.fill(folders.mktemp("wheel"))
    return workspace


def make(client: WorkspaceClient, *tasks: jobs.Task, **settings: object) -> int:
    """A job of these tasks that runs as the robot; its id."""
    settings.setdefault("run_as", jobs.JobRunAs(service_principal_name=ROBOT))
    settings.setdefault("environments", environments())
    created = client.jobs.create(name=str(settings.pop("name", "life")), tasks=list(tasks), **settings)
    return created.job_id


def run(client: WorkspaceClient, *tasks: jobs.Task, **settings: object) -> jobs.Run:
    """A run of a new job, once it has ended."""
    return finished(client, client.jobs.run_now(make(client, *tasks, **settings)).run_id)


def wheel(folder: Path) -> Path:
    """A wheel of the tasks above, as `python -m build` would make it."""
    path = folder / Path(WHEEL).name
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("sometasks/__init__.py", TASKS)
        info = "tasks-0.1.0.dist-info"
        metadata = "Metadata-Version: 2.1\nName: tasks\nVersion: 0.1.0\nRequires-Dist: pandas>=2\n"
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        points = "\n".join(f"{name} = sometasks:{name}" for name in ENTRY_POINTS)
        archive.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{points}\n")
    return path


def task(entry_point: str, after: str | None = None, key: str | None = None, **settings: object) -> jobs.Task:
    """A task of the wheel; `named_parameters` and other settings as the SDK names them."""
    named = settings.pop("named_parameters", None)
    return jobs.Task(
        task_key=key or entry_point,
        environment_key="default",
        depends_on=[jobs.TaskDependency(after)] if after else None,
        python_wheel_task=jobs.PythonWheelTask(package_name="tasks", entry_point=entry_point, named_parameters=named),
        **settings,
    )


def environments(*dependencies: str) -> list[jobs.JobEnvironment]:
    spec = compute.Environment(environment_version="4", dependencies=list(dependencies or (WHEEL,)))
    return [jobs.JobEnvironment("default", spec)]


def finished(client: WorkspaceClient, run_id: int, seconds: float = 60) -> jobs.Run:
    """The run, once it has ended."""
    deadline = time.monotonic() + seconds
    while True:
        run = client.jobs.get_run(run_id)
        assert run.state and run.state.life_cycle_state
        if run.state.life_cycle_state.value in ("TERMINATED", "SKIPPED", "INTERNAL_ERROR"):
            return run
        assert time.monotonic() < deadline, f"still {run.state.as_dict()}"
        time.sleep(0.05)


def results(run: jobs.Run) -> dict[str, str]:
    """Result of each task."""
    return {task.task_key: task.state.result_state.value for task in run.tasks or []}


def output(client: WorkspaceClient, run: jobs.Run, key: str) -> jobs.RunOutput:
    """What a task wrote."""
    return client.jobs.get_run_output(next(task.run_id for task in run.tasks if task.task_key == key))


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait for a condition that must come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
