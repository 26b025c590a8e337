"""How soon a job's task does its own work: from the answer of run-now to the first line of the wheel's main.

The wheel imports what pipelines import. What one would do without the warm parent is to start an interpreter with it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from databricks.sdk import WorkspaceClient
from databricks.sdk.service import compute, jobs
from databricks.sdk.service.catalog import VolumeType

from bench.comparison import Comparison, Goal
from bench.local_workspace import local_workspace
from bench.measure import BenchError

GOAL_SECONDS = 1.0
REPETITIONS = 7
_PACKAGE = "startbench"
_WHEEL = "/Volumes/bench/artifacts/wheels/startbench-1.0-py3-none-any.whl"
# First statement after the imports: the time; a task has nothing else to do.
_MODULE = """
import lightgbm, mlflow.pyfunc, numpy, pandas, sklearn.metrics
from databricks.sdk import WorkspaceClient
from pyspark.sql.connect.session import SparkSession
import time

def main():
    print("began", time.time(), flush=True)

if __name__ == "__main__":
    main()
"""


def compare(progress: Callable[[str], None]) -> list[Comparison]:
    """Median seconds, our starts and cold ones taking turns."""
    with TemporaryDirectory(prefix="bench-") as scratch, local_workspace() as workspace:
        folder = Path(scratch)
        client = workspace.client()
        progress("the wheel is uploaded")
        job = _job(client, _wheel(folder))
        _task(client, job)  # the warm parent imports, the wheel is unpacked: both once in a workspace's life
        warm, cold = [], []
        for number in range(REPETITIONS):
            progress(f"start {number + 1} of {REPETITIONS}")
            warm.append(_task(client, job))
            cold.append(_interpreter(folder))
    what = "run-now's answer to the first line of a wheel's main"
    goal = Goal.value_at_most(GOAL_SECONDS)
    instead = "a new interpreter, python -m"
    return [Comparison(what, "s p50", statistics.median(warm), instead, statistics.median(cold), goal, speedup=True)]


def _wheel(folder: Path) -> Path:
    path = folder / Path(_WHEEL).name
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{_PACKAGE}.py", _MODULE)
        info = f"{_PACKAGE}-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {_PACKAGE}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/entry_points.txt", f"[console_scripts]\nmain = {_PACKAGE}:main\n")
        archive.extractall(folder / "unpacked")
    return path


def _job(client: WorkspaceClient, wheel: Path) -> int:
    client.catalogs.create("bench")
    client.schemas.create("artifacts", "bench")
    client.volumes.create("bench", "artifacts", "wheels", VolumeType.MANAGED)
    with wheel.open("rb") as file:
        client.files.upload(_WHEEL, file)
    spec = compute.Environment(environment_version="4", dependencies=[_WHEEL])
    task = jobs.Task(
        "start",
        environment_key="default",
        python_wheel_task=jobs.PythonWheelTask(package_name=_PACKAGE, entry_point="main"),
    )
    created = client.jobs.create(name="start", tasks=[task], environments=[jobs.JobEnvironment("default", spec)])
    return created.job_id or 0


def _task(client: WorkspaceClient, job: int) -> float:
    """Seconds from the answer to the task's first line. Raises BenchError when the task fails."""
    run_id = client.jobs.run_now(job).run_id
    answered = time.time()
    result = None
    while result is None:
        time.sleep(0.05)
        run = client.jobs.get_run(run_id)
        result = run.state.result_state if run.state else None
    told = client.jobs.get_run_output((run.tasks or [])[0].run_id or 0)
    if result != jobs.RunResultState.SUCCESS:
        raise BenchError(f"the task failed: {told.error}")
    return _began(told.logs or "") - answered


def _interpreter(folder: Path) -> float:
    environment = {**os.environ, "PYTHONPATH": str(folder / "unpacked")}
    started = time.time()
    process = subprocess.run(
        [sys.executable, "-m", _PACKAGE], env=environment, capture_output=True, text=True, check=False
    )
    if process.returncode:
        raise BenchError(f"the interpreter failed:\n{process.stderr}")
    return _began(process.stdout) - started


def _began(output: str) -> float:
    return float(next(line for line in output.splitlines() if line.startswith("began")).split()[1])
