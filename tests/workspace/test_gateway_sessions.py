"""Sessions: those of jobs' tasks share what Spark compiles; files, views and settings are of one session.

With a warm parent, as in a served workspace: it starts the Python workers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rehearsal.compute import lifecycle
from rehearsal.spark_session import open_session, stop_sessions
from rehearsal.workspace import processes
from rehearsal.workspace.context import Platform, Ports
from rehearsal.workspace.identity import tokens
from tests.ports import free_port_base
from tests.workspace.spark_support import ALICE, make_platform, session_of


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    made = make_platform(tmp_path_factory.mktemp("home"), Ports(free_port_base()))
    processes.start(made)
    try:
        lifecycle.start(made)
        yield made
    finally:
        stop_sessions()  # MLflow's client asks whichever session this process has open, in other tests, too
        lifecycle.stop()
        processes.stop()


def test_tasks_share_what_spark_compiles_and_nothing_else(platform: Platform) -> None:
    def compiled(session: SparkSession) -> int:
        """How many classes Spark makes for a query of its own."""
        before = _said_to_be_compiled(platform)
        rows = session.range(1000).groupBy((F.col("id") % 7 * 11).alias("k")).agg(F.max(F.col("id") * 3).alias("most"))
        assert sum(row["most"] for row in rows.collect()) == 20916
        return _said_to_be_compiled(platform) - before

    first, second = (task_session(platform) for _ in range(2))
    assert compiled(first) > 0
    assert compiled(second) == 0
    first.range(3).createOrReplaceTempView("mine")
    first.conf.set("spark.sql.shuffle.partitions", "7")
    third = task_session(platform)
    assert not second.catalog.tableExists("mine") and not third.catalog.tableExists("mine")
    assert third.conf.get("spark.sql.shuffle.partitions") == "2"


def test_files_for_functions_in_python_are_of_one_session(platform: Platform, tmp_path: Path) -> None:
    def with_helper(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        from helper_of_alice import NUMBER

        for frame in frames:
            yield frame.assign(id=NUMBER)

    (tmp_path / "helper_of_alice.py").write_text("NUMBER = 7\n")
    alice = session_of(platform, ALICE)
    alice.addArtifacts(str(tmp_path / "helper_of_alice.py"), pyfile=True)
    assert alice.range(1).mapInPandas(with_helper, "id long").collect() == [(7,)]
    for other in (session_of(platform, ALICE), task_session(platform)):
        with pytest.raises(PySparkException, match="No module named 'helper_of_alice'"):
            other.range(1).mapInPandas(with_helper, "id long").collect()


def test_a_task_brings_rows_but_no_files(platform: Platform, tmp_path: Path) -> None:
    task = task_session(platform)
    assert task.createDataFrame(pd.DataFrame({"a": range(400_000)})).count() == 400_000
    (tmp_path / "helper_of_task.py").write_text("NUMBER = 7\n")
    with pytest.raises(Exception, match=r"helper_of_task.py' of a task.*wheel"):  # pyspark passes on what gRPC raises
        task.addArtifacts(str(tmp_path / "helper_of_task.py"), pyfile=True)


def task_session(platform: Platform) -> SparkSession:
    """A Spark session of a job's task that runs as Alice."""
    run = {"entity_type": "JOB", "job_id": 7, "run_id": 8, "task_key": "t", "workspace_id": 1}
    with platform.store.transaction() as tx:
        text, record = tokens.create(tx, ALICE, 3600, "a task")
        tx.put(tokens.KIND, record["token_id"], record | {"entity": run})
    return open_session(platform.spark_remote("dev", text))


def _said_to_be_compiled(platform: Platform) -> int:
    return (platform.home / "logs" / "spark.log").read_text().count("Code generated in")
