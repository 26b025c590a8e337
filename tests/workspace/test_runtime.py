"""The stand-in Databricks Runtime as a task sees it (`databricks.sdk.runtime`, dbutils, Spark), in real processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from databricks.sdk.service import jobs

from tests.workspace.jobs_support import ROBOT, Workspace, environments, finished, output, results, task


def logs_of(workspace: Workspace, entry_point: str, **named: str) -> str:
    client = workspace.admin()
    job = client.jobs.create(
        name=entry_point,
        tasks=[task(entry_point, named_parameters=named or None)],
        environments=environments(),
        run_as=jobs.JobRunAs(service_principal_name=ROBOT),
    )
    ended = finished(client, client.jobs.run_now(job.job_id).run_id)
    told = output(client, ended, entry_point)
    assert results(ended) == {entry_point: "SUCCESS"}, (told.error, told.error_trace)
    return told.logs


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path_factory.mktemp("home"), compute=True)
    workspace.prepare()
    workspace.start()
    try:
        workspace.fill(tmp_path_factory.mktemp("wheel"))
        yield workspace
    finally:
        workspace.stop()


def test_dbutils_reads_and_writes_files_of_volumes(workspace: Workspace) -> None:
    logs = logs_of(workspace, "files")
    assert "written by a task ['a.txt']" in logs
    assert "left ['tasks-0.1.0-py3-none-any.whl']" in logs


def test_the_runtimes_names_are_those_of_databricks(workspace: Workspace) -> None:
    logs = logs_of(workspace, "runtime", size="9")
    assert "green 9 False" in logs
    assert "Task key: nobody, value key: k" in logs
    assert "session made: False" in logs  # only who names `spark` waits for a session


def test_spark_is_a_session_of_the_tasks_principal(workspace: Workspace) -> None:
    logs = logs_of(workspace, "spark_sql")
    assert "n=42" in logs
    assert ") True" in logs or "] True" in logs
