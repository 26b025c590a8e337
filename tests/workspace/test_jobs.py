"""Jobs through databricks-sdk against a served workspace, with tasks that are real processes of a real wheel."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, PermissionDenied, ResourceDoesNotExist
from databricks.sdk.service import jobs
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel

from tests.workspace.conftest import Server
from tests.workspace.jobs_support import (
    ANALYST,
    ROBOT,
    WHEEL,
    Workspace,
    environments,
    finished,
    make,
    output,
    results,
    run,
    served,
    task,
    until,
)


@pytest.fixture(scope="module")
def workspace(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return served(server, tmp_path_factory)


@pytest.fixture
def client(workspace: Workspace) -> WorkspaceClient:
    return workspace.admin()


def test_a_task_runs_the_uploaded_wheel_as_the_jobs_principal(client: WorkspaceClient) -> None:
    ended = run(client, task("whoami"))
    assert ended.state.result_state == jobs.RunResultState.SUCCESS
    assert ended.status.termination_details.code == jobs.TerminationCodeCode.SUCCESS
    assert output(client, ended, "whoami").logs == f"I am {ROBOT}\n"
    assert 0 < ended.start_time <= ended.end_time


def test_some_tasks_of_a_job_run_alone(client: WorkspaceClient) -> None:
    job = make(client, task("fail"), task("hello", after="fail"), task("whoami", after="hello"))
    ended = finished(client, client.jobs.run_now(job, only=["hello", "whoami"]).run_id)
    assert results(ended) == {"hello": "SUCCESS", "whoami": "SUCCESS"}
    with pytest.raises(InvalidParameterValue, match="only names tasks that the job does not have: helo"):
        client.jobs.run_now(job, only=["helo"])
    with pytest.raises(InvalidParameterValue, match="notebook_params cannot be given"):
        client.jobs.run_now(job, notebook_params={"a": "b"})


def test_a_failing_task_tells_why_and_stops_those_that_depend_on_it(client: WorkspaceClient) -> None:
    ended = run(client, task("fail"), task("hello", after="fail"), task("whoami", after="hello"))
    assert results(ended) == {"fail": "FAILED", "hello": "UPSTREAM_FAILED", "whoami": "UPSTREAM_FAILED"}
    assert ended.state.result_state == jobs.RunResultState.FAILED
    assert "Task fail failed with message" in ended.state.state_message
    told = output(client, ended, "fail")
    assert told.error == "ValueError: the source has no column dep_delay"
    assert 'raise ValueError("the source has no column dep_delay")' in told.error_trace
    assert "task_launcher" not in told.error_trace


def test_the_exit_status_decides(client: WorkspaceClient) -> None:
    ended = run(
        client,
        task("leave", key="well", named_parameters={"status": "0"}),
        task("leave", key="badly", named_parameters={"status": "3"}),
    )
    assert results(ended) == {"well": "SUCCESS", "badly": "FAILED"}
    assert output(client, ended, "badly").error == "SystemExit: 3"


def test_task_values_reach_later_tasks_by_reference_and_by_dbutils(client: WorkspaceClient) -> None:
    consume = task("consume", after="produce", named_parameters={"uri": "{{tasks.produce.values.model_uri}}"})
    ended = run(client, task("produce"), consume)
    assert results(ended) == {"produce": "SUCCESS", "consume": "SUCCESS"}
    assert "uri models:/dev.flights.delay/7 numbers [1, 2]" in output(client, ended, "consume").logs
    assert "missing none" in output(client, ended, "consume").logs


def test_references_are_resolved(client: WorkspaceClient) -> None:
    named = {
        "a": "{{job.id}}/{{job.run_id}}/{{task.run_id}}/{{task.name}}/{{job.name}}",
        "b": "{{job.parameters.day}} {{job.start_time.iso_date}}",
    }
    job = make(
        client, task("hello", named_parameters=named), parameters=[jobs.JobParameterDefinition("day", "2013-01-01")]
    )
    ended = finished(client, client.jobs.run_now(job, job_parameters={"day": "2013-02-03"}).run_id)
    logs = output(client, ended, "hello").logs
    assert f"--a={job}/{ended.run_id}/{ended.tasks[0].run_id}/hello/life" in logs
    assert "--b=2013-02-03 20" in logs
    assert "--day=2013-02-03" in logs  # job parameters are handed to tasks with named parameters


def test_an_unknown_reference_fails_the_task(client: WorkspaceClient) -> None:
    ended = run(
        client,
        task("produce"),
        task("consume", after="produce", named_parameters={"uri": "{{tasks.produce.values.no}}"}),
    )
    assert results(ended)["consume"] == "FAILED"
    assert "task 'produce' has set no task value 'no'" in output(client, ended, "consume").error


def test_retries(client: WorkspaceClient, tmp_path: Path) -> None:
    ended = run(client, task("flaky", named_parameters={"marker": str(tmp_path / "marker")}, max_retries=2))
    assert ended.state.result_state == jobs.RunResultState.SUCCESS
    assert [each.attempt_number for each in ended.tasks] == [0, 1, 2]
    ended = run(client, task("fail", max_retries=1))
    assert results(ended) == {"fail": "FAILED"}
    assert ended.tasks[-1].attempt_number == 1


def test_cancelling_ends_the_whole_process_group(client: WorkspaceClient, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    job = make(client, task("sleep", named_parameters={"marker": str(marker)}), task("hello", after="sleep"))
    run_id = client.jobs.run_now(job).run_id
    until(lambda: marker.exists() and marker.read_text())
    assert client.jobs.get_run(run_id).state.life_cycle_state == jobs.RunLifeCycleState.RUNNING
    client.jobs.cancel_run(run_id)
    ended = finished(client, run_id)
    assert ended.state.result_state == jobs.RunResultState.CANCELED
    assert results(ended) == {"sleep": "CANCELED", "hello": "CANCELED"}
    for pid in marker.read_text().split():
        until(lambda pid=pid: not alive(int(pid)))


@pytest.mark.parametrize("where", ["task", "run"])
def test_timeouts(client: WorkspaceClient, tmp_path: Path, where: str) -> None:
    on_task = {"timeout_seconds": 1} if where == "task" else {}
    on_job = {"timeout_seconds": 1} if where == "run" else {}
    ended = run(client, task("sleep", named_parameters={"marker": str(tmp_path / "m")}, **on_task), **on_job)
    assert results(ended) == {"sleep": "TIMEDOUT"}
    assert ended.state.result_state.value == ("FAILED" if where == "task" else "TIMEDOUT")


def test_runs_beyond_the_limit_wait_in_the_queue_or_are_skipped(client: WorkspaceClient, tmp_path: Path) -> None:
    sleeper = task("sleep", named_parameters={"marker": str(tmp_path / "m")})
    queued = make(client, sleeper, queue=jobs.QueueSettings(True))
    first, second = client.jobs.run_now(queued).run_id, client.jobs.run_now(queued).run_id
    assert client.jobs.get_run(second).status.state == jobs.RunLifecycleStateV2State.QUEUED
    client.jobs.cancel_run(first)
    until(lambda: client.jobs.get_run(second).status.state == jobs.RunLifecycleStateV2State.RUNNING)
    client.jobs.cancel_run(second)
    finished(client, second)
    unqueued = make(client, sleeper)
    first, second = client.jobs.run_now(unqueued).run_id, client.jobs.run_now(unqueued).run_id
    skipped = client.jobs.get_run(second).state
    assert skipped.life_cycle_state == jobs.RunLifeCycleState.SKIPPED
    assert skipped.result_state == jobs.RunResultState.MAXIMUM_CONCURRENT_RUNS_REACHED
    client.jobs.cancel_run(first)
    finished(client, first)


def test_a_task_sees_nothing_of_the_workspace(client: WorkspaceClient) -> None:
    ended = run(client, task("environment"))
    logs = output(client, ended, "environment").logs
    assert "SECRET_OF_THE_WORKSPACE" not in logs
    assert "infra unknown" in logs and "environments unknown" in logs


def test_a_library_that_cannot_be_had_is_named(client: WorkspaceClient) -> None:
    missing = WHEEL.replace("tasks", "missing")
    ended = run(client, task("hello"), environments=environments(missing))
    assert f"Library {missing}" in output(client, ended, "hello").error
    assert ended.tasks[0].status.termination_details.code == jobs.TerminationCodeCode.LIBRARY_INSTALLATION_ERROR
    ended = run(client, task("hello"), environments=environments(WHEEL, "pandas>=99"))
    assert "'pandas>=99' (needed by the environment) is not met" in output(client, ended, "hello").error
    ended = run(client, task("hello"), run_as=jobs.JobRunAs(user_name="admin@example.com"))
    assert results(ended) == {"hello": "SUCCESS"}
    ended = run(client, task("nowhere"))
    assert "Package 'tasks' has no entry point 'nowhere'" in output(client, ended, "nowhere").error


def test_feature_engineering_is_there_for_tasks_whose_environment_asks_for_it(client: WorkspaceClient) -> None:
    ended = run(client, task("features"))
    assert "databricks.feature_engineering" in output(client, ended, "features").error
    ended = run(client, task("features"), environments=environments(WHEEL, "databricks-feature-engineering>=99"))
    assert "this runtime has 0.18.2" in output(client, ended, "features").error
    ended = run(client, task("features"), environments=environments(WHEEL, "databricks-feature-engineering<1"))
    assert output(client, ended, "features").logs == "FeatureEngineeringClient 0.18.2\n"


def test_a_principal_without_the_volume_cannot_run_its_wheel(workspace: Workspace) -> None:
    analyst = workspace.client_of(ANALYST)
    ended = run(analyst, task("hello"), run_as=None)
    assert results(ended) == {"hello": "FAILED"}
    assert f"Library {WHEEL} cannot be read" in output(analyst, ended, "hello").error


def test_who_may_do_what(workspace: Workspace, client: WorkspaceClient) -> None:
    analyst = workspace.client_of(ANALYST)
    job = make(client, task("hello"), name="guarded")
    assert [found.job_id for found in analyst.jobs.list(name="guarded")] == []
    for attempt in (analyst.jobs.get, analyst.jobs.run_now, analyst.jobs.delete):
        with pytest.raises(PermissionDenied):
            attempt(job)
    with pytest.raises(PermissionDenied):
        make(analyst, task("hello"))  # to run as the robot
    viewer = AccessControlRequest(user_name=ANALYST, permission_level=PermissionLevel.CAN_VIEW)
    client.permissions.update("jobs", str(job), access_control_list=[viewer])
    assert [found.job_id for found in analyst.jobs.list(name="Guarded")] == [job]
    assert analyst.jobs.get(job).run_as_user_name == ROBOT
    with pytest.raises(PermissionDenied):
        analyst.jobs.run_now(job)
    run_id = client.jobs.run_now(job).run_id
    finished(client, run_id)
    assert analyst.jobs.get_run(run_id).run_id == run_id
    with pytest.raises(PermissionDenied):
        analyst.jobs.cancel_run(run_id)


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ([task("hello", after="nobody")], "depends on unknown task 'nobody'"),
        ([task("hello", after="fail"), task("fail", after="hello")], "form a cycle"),
        ([task("hello"), task("hello")], "Duplicate task keys"),
        ([jobs.Task("t", python_wheel_task=jobs.PythonWheelTask("a", "b"))], "environment_key is required"),
        ([jobs.Task("t", notebook_task=jobs.NotebookTask("/a"))], "notebook_task is not supported"),
    ],
)
def test_a_job_that_could_never_run_is_refused(client: WorkspaceClient, tasks: list[jobs.Task], message: str) -> None:
    with pytest.raises(InvalidParameterValue, match=message):
        make(client, *tasks)


def test_a_job_is_changed_and_deleted(client: WorkspaceClient) -> None:
    job = make(client, task("hello"), name="changing", tags={"a": "1"})
    client.jobs.update(
        job, new_settings=jobs.JobSettings(name="changed", tasks=[task("fail")]), fields_to_remove=["tags"]
    )
    settings = client.jobs.get(job).settings
    assert (settings.name, settings.tags) == ("changed", None)
    assert [each.task_key for each in settings.tasks] == ["hello", "fail"]
    client.jobs.reset(job, jobs.JobSettings(name="reset", tasks=[task("hello")], environments=environments()))
    assert [each.task_key for each in client.jobs.get(job).settings.tasks] == ["hello"]
    client.jobs.delete(job)
    with pytest.raises(ResourceDoesNotExist):
        client.jobs.get(job)


def test_lists_come_in_pages(client: WorkspaceClient) -> None:
    made = [make(client, task("hello"), name="paged") for _ in range(5)]
    assert [found.job_id for found in client.jobs.list(name="paged", limit=2)] == made[::-1]
    for _ in range(3):
        finished(client, client.jobs.run_now(made[0]).run_id)
    assert len(list(client.jobs.list_runs(job_id=made[0], limit=2, expand_tasks=True))) == 3


def test_a_failure_is_noted_for_those_who_asked(workspace: Workspace, client: WorkspaceClient) -> None:
    ended = run(client, task("fail"), email_notifications=jobs.JobEmailNotifications(on_failure=["team@example.com"]))
    with workspace.platform.store.transaction() as tx:
        mails = [mail for mail in tx.list("mail") if f"run {ended.run_id}." in mail["text"]]
    assert [(mail["subject"], mail["to"]) for mail in mails] == [(f"[FAILED] {ended.run_name}", ["team@example.com"])]


@pytest.mark.trial
def test_killed_in_the_middle_of_a_run(workspace: Workspace, client: WorkspaceClient, tmp_path: Path) -> None:
    def sleeper(key: str, **settings: object) -> jobs.Task:
        return task("sleep", key=key, named_parameters={"marker": str(tmp_path / key)}, **settings)

    lost = make(client, sleeper("lost"), task("hello", after="lost"))
    retried = make(client, sleeper("retried", max_retries=1))
    runs = [client.jobs.run_now(job).run_id for job in (lost, retried)]
    markers = [tmp_path / "lost", tmp_path / "retried"]
    until(lambda: all(marker.exists() and marker.read_text() for marker in markers))
    before = [int(pid) for marker in markers for pid in marker.read_text().split()]
    for marker in markers:
        marker.unlink()
    workspace.kill()
    until(lambda: not any(alive(pid) for pid in before))
    workspace.start()
    ended = finished(client, runs[0])
    assert results(ended) == {"lost": "FAILED", "hello": "UPSTREAM_FAILED"}
    assert ended.tasks[0].state.life_cycle_state == jobs.RunLifeCycleState.INTERNAL_ERROR
    assert "lost when the workspace stopped" in ended.tasks[0].state.state_message
    assert client.jobs.get(lost).settings.tasks[0].task_key == "lost"
    until(lambda: markers[1].exists(), 40)
    assert client.jobs.get_run(runs[1]).tasks[-1].attempt_number == 1
    client.jobs.cancel_run(runs[1])
    assert finished(client, runs[1]).state.result_state == jobs.RunResultState.CANCELED


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z" if Path("/proc").exists() else True


def test_durations_are_told(client: WorkspaceClient) -> None:
    before = time.time() * 1000
    ended = run(client, task("hello"))
    first = ended.tasks[0]
    assert before - 1000 < first.start_time <= first.end_time
    assert first.setup_duration + first.execution_duration <= first.run_duration + 1
