"""The stand-in Databricks Runtime as a task sees it (`databricks.sdk.runtime`, dbutils, Spark), in real processes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from databricks.sdk.service import iam, jobs, sql

from tests.workspace.jobs_support import ROBOT, Workspace, environments, finished, output, results, task

SPRING = datetime(2013, 4, 1, tzinfo=UTC)  # tasks live then, and need not know it


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
    workspace.platform.clock.begin(SPRING)
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


def test_a_task_and_its_queries_have_the_workspaces_time(workspace: Workspace) -> None:
    moments = [datetime.fromisoformat(text) for text in logs_of(workspace, "moments").split()]
    assert len(moments) == 4
    assert all(timedelta(0) <= moment - SPRING < timedelta(hours=1) for moment in moments), moments
    run = next(iter(workspace.admin().jobs.list_runs(completed_only=True)))
    began = datetime.fromtimestamp((run.start_time or 0) / 1000, UTC)
    assert began <= min(moments) and max(moments) - began < timedelta(minutes=5)


def test_sql_tasks_run_on_a_warehouse_and_hand_their_rows_on(workspace: Workspace, tmp_path: Path) -> None:
    client = workspace.admin()
    warehouse = client.warehouses.create(name="of-jobs", cluster_size="2X-Small", max_num_clusters=1).result().id
    may_use = iam.AccessControlRequest(service_principal_name=ROBOT, permission_level=iam.PermissionLevel.CAN_USE)
    client.permissions.update("warehouses", warehouse, access_control_list=[may_use])
    path = "/Volumes/of_jobs/artifacts/wheels/rows.sql"
    (tmp_path / "rows.sql").write_text(
        "SELECT 1; -- first\nSELECT n, :day AS d FROM VALUES (1), (2) AS t(n) ORDER BY n"
    )
    with (tmp_path / "rows.sql").open("rb") as file:
        client.files.upload(path, file, overwrite=True)
    asked = sql.CreateQueryRequestQuery(display_name="odd", query_text="SELECT no_such_column", warehouse_id=warehouse)
    query = client.queries.create(query=asked)
    may_run = iam.AccessControlRequest(service_principal_name=ROBOT, permission_level=iam.PermissionLevel.CAN_RUN)
    client.permissions.update("queries", query.id, access_control_list=[may_run])
    rows = jobs.SqlTask(warehouse, file=jobs.SqlTaskFile(path), parameters={"day": "{{job.start_time.iso_date}}"})
    loop = jobs.ForEachTask("{{tasks.rows.output.rows}}", task("hello", named_parameters={"n": "{{input.n}}"}))
    odd = jobs.SqlTask(warehouse, query=jobs.SqlTaskQuery(query.id))
    job = client.jobs.create(
        name="sql",
        tasks=[
            jobs.Task("rows", sql_task=rows),
            jobs.Task("loop", for_each_task=loop, depends_on=[jobs.TaskDependency("rows")]),
            jobs.Task("odd", sql_task=odd),
        ],
        environments=environments(),
        run_as=jobs.JobRunAs(service_principal_name=ROBOT),
    )
    ended = finished(client, client.jobs.run_now(job.job_id).run_id, 120)
    client.files.delete(path)
    told = output(client, ended, "rows")
    assert results(ended) == {"rows": "SUCCESS", "loop": "SUCCESS", "odd": "FAILED"}, told.error
    assert len(told.sql_output.query_output.sql_statements) == 2
    iterations = client.jobs.get_run(next(each.run_id for each in ended.tasks if each.task_key == "loop")).iterations
    assert [client.jobs.get_run_output(each.run_id).logs for each in iterations] == [
        "hello ['--n=1']\n",
        "hello ['--n=2']\n",
    ]
    assert "no_such_column" in output(client, ended, "odd").error
