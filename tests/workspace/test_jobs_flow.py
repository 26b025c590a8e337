"""Flow between tasks and jobs through databricks-sdk: if/else, for-each, run-job, repair, one-time runs, mails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, PermissionDenied, ResourceDoesNotExist
from databricks.sdk.service import jobs

from tests.workspace.conftest import Server
from tests.workspace.jobs_support import (
    ANALYST,
    ROBOT,
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


def condition(key: str, left: str, right: str, after: str | None = None) -> jobs.Task:
    asked = jobs.ConditionTask(jobs.ConditionTaskOp.EQUAL_TO, left, right)
    return jobs.Task(key, condition_task=asked, depends_on=[jobs.TaskDependency(after)] if after else None)


def for_each(key: str, nested: jobs.Task, inputs: str, after: str | None = None, concurrency: int = 2) -> jobs.Task:
    loop = jobs.ForEachTask(inputs, nested, concurrency)
    return jobs.Task(key, for_each_task=loop, depends_on=[jobs.TaskDependency(after)] if after else None)


def run_job(key: str, job: int, **parameters: str) -> jobs.Task:
    return jobs.Task(key, run_job_task=jobs.RunJobTask(job, job_parameters=parameters or None))


def may_run() -> list[jobs.JobAccessControlRequest]:
    """Who runs a job as a task of another needs the right to: here, the robot."""
    level = jobs.JobPermissionLevel.CAN_MANAGE_RUN
    return [jobs.JobAccessControlRequest(service_principal_name=ROBOT, permission_level=level)]


def mails(workspace: Workspace, recipient: str) -> list[str]:
    with workspace.platform.store.transaction() as tx:
        return sorted(mail["subject"] for mail in tx.list("mail") if mail["to"] == [recipient])


def test_a_condition_takes_one_branch(client: WorkspaceClient) -> None:
    yes = task("hello", key="yes")
    yes.depends_on = [jobs.TaskDependency("is_it", "true")]
    no = task("hello", key="no")
    no.depends_on = [jobs.TaskDependency("is_it", "false")]
    join = task("hello", key="join", run_if=jobs.RunIf.NONE_FAILED)
    join.depends_on = [jobs.TaskDependency("yes"), jobs.TaskDependency("no")]
    value = "{{tasks.produce.values.model_uri}}"
    asked = condition("is_it", value, "models:/dev.flights.delay/7", after="produce")
    ended = run(client, task("produce"), asked, yes, no, join)
    expected = dict.fromkeys(("produce", "is_it", "yes", "join"), "SUCCESS") | {"no": "EXCLUDED"}
    assert results(ended) == expected
    assert ended.state.result_state == jobs.RunResultState.SUCCESS
    told = next(each for each in ended.tasks if each.task_key == "is_it")
    assert told.condition_task.outcome == "true"
    assert told.resolved_values.condition_task.left == "models:/dev.flights.delay/7"


def test_for_each_runs_its_nested_task_for_every_input_and_a_repair_those_that_failed(
    client: WorkspaceClient, tmp_path: Path
) -> None:
    nested = task("flaky_for", key="one", named_parameters={"n": "{{input}}", "marker": str(tmp_path)})
    job = make(client, task("produce"), for_each("all", nested, "{{tasks.produce.values.numbers}}", after="produce"))
    ended = finished(client, client.jobs.run_now(job).run_id)
    assert results(ended)["all"] == "FAILED"
    loop = client.jobs.get_run(ended.tasks[-1].run_id)
    stats = loop.tasks[0].for_each_task.stats.task_run_stats
    assert (stats.total_iterations, stats.succeeded_iterations, stats.failed_iterations) == (2, 1, 1)
    assert [each.state.result_state.value for each in loop.iterations] == ["SUCCESS", "FAILED"]
    told = client.jobs.get_run_output(loop.iterations[1].run_id)
    assert told.error == "RuntimeError: not 2 yet" and told.metadata.run_name == "one"
    client.jobs.repair_run(ended.run_id, rerun_all_failed_tasks=True)
    repaired = finished(client, ended.run_id)
    assert repaired.state.result_state == jobs.RunResultState.SUCCESS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.0", "2.0", "2.1"]


def test_a_repair_runs_what_failed_with_what_depends_on_it(client: WorkspaceClient, tmp_path: Path) -> None:
    marker = tmp_path / "status"
    job = make(
        client,
        task("hello"),
        task("leave", named_parameters={"status": "{{job.parameters.status}}"}),
        task("whoami", after="leave"),
        parameters=[jobs.JobParameterDefinition("status", "3")],
    )
    first = finished(client, client.jobs.run_now(job).run_id)
    assert results(first) == {"hello": "SUCCESS", "leave": "FAILED", "whoami": "UPSTREAM_FAILED"}
    with pytest.raises(InvalidParameterValue, match="cannot contain duplicate"):
        client.jobs.repair_run(first.run_id, rerun_tasks=["leave", "leave"])
    failed = client.jobs.repair_run(first.run_id, rerun_tasks=["leave"])
    again = finished(client, first.run_id)
    assert again.state.result_state == jobs.RunResultState.FAILED
    with pytest.raises(InvalidParameterValue, match="latest repair ID needs to be provided"):
        client.jobs.repair_run(first.run_id, rerun_all_failed_tasks=True)
    good = client.jobs.repair_run(
        first.run_id,
        rerun_all_failed_tasks=True,
        latest_repair_id=failed.response.repair_id,
        job_parameters={"status": "0"},
    )
    finished(client, first.run_id)
    told = client.jobs.get_run(first.run_id, include_history=True)
    assert results(told) == dict.fromkeys(("hello", "leave", "whoami"), "SUCCESS")
    history = told.repair_history
    assert [item.type.value for item in history] == ["ORIGINAL", "REPAIR", "REPAIR"]
    assert [item.state.result_state.value for item in history] == ["FAILED", "FAILED", "SUCCESS"]
    assert [item.id for item in history] == [None, failed.response.repair_id, good.response.repair_id]
    assert [len(item.task_run_ids) for item in history] == [3, 2, 2]
    assert {each.run_id for each in told.tasks} == {run_id for item in history for run_id in item.task_run_ids}
    assert not marker.exists()


def test_a_job_runs_another_with_parameters(client: WorkspaceClient, tmp_path: Path) -> None:
    child = make(
        client,
        task("leave", named_parameters={"of": "the child"}),
        parameters=[jobs.JobParameterDefinition("status", "4")],
        name="child",
        access_control_list=may_run(),
    )
    parent = make(client, run_job("well", child, status="0"), run_job("badly", child), max_concurrent_runs=1)
    client.jobs.update(child, new_settings=jobs.JobSettings(max_concurrent_runs=2))
    ended = finished(client, client.jobs.run_now(parent).run_id)
    assert results(ended) == {"well": "SUCCESS", "badly": "FAILED"}
    told = output(client, ended, "badly")
    inner = client.jobs.get_run(told.run_job_output.run_id)
    assert inner.trigger == jobs.TriggerType.RUN_JOB_TASK
    assert inner.trigger_info.run_id == next(each.run_id for each in ended.tasks if each.task_key == "badly")
    assert f"Run {inner.run_id} of job {child} ended with FAILED" in told.error
    forbidden = run(client, run_job("theirs", make(client, task("hello"))))
    assert "does not have CAN_MANAGE_RUN permissions on jobs" in output(client, forbidden, "theirs").error
    sleeping = task("sleep", named_parameters={"marker": str(tmp_path / "m")})
    sleeper = make(client, sleeping, access_control_list=may_run())
    outer = client.jobs.run_now(make(client, run_job("inner", sleeper))).run_id
    until((tmp_path / "m").exists)
    client.jobs.cancel_run(outer)
    assert results(finished(client, outer)) == {"inner": "CANCELED"}
    (below,) = client.jobs.list_runs(job_id=sleeper)
    assert below.state.result_state == jobs.RunResultState.CANCELED


def test_one_task_is_cancelled_and_a_clean_up_runs(client: WorkspaceClient, tmp_path: Path) -> None:
    tidy = task("hello", after="sleep", run_if=jobs.RunIf.AT_LEAST_ONE_FAILED)
    job = make(client, task("sleep", named_parameters={"marker": str(tmp_path / "m")}), tidy)
    run_id = client.jobs.run_now(job).run_id
    until((tmp_path / "m").exists)
    client.jobs.cancel_run(client.jobs.get_run(run_id).tasks[0].run_id)
    assert results(finished(client, run_id)) == {"sleep": "CANCELED", "hello": "SUCCESS"}


def test_a_run_without_a_job(workspace: Workspace, client: WorkspaceClient) -> None:
    submitted = task("whoami").as_dict()
    asked = {
        "run_as": jobs.JobRunAs(service_principal_name=ROBOT),
        "environments": environments(),
        "tasks": [jobs.SubmitTask.from_dict(submitted)],
        "idempotency_token": "once",
    }
    first = client.jobs.submit(run_name="once", **asked)
    assert client.jobs.submit(run_name="again", **asked).run_id == first.run_id
    ended = finished(client, first.run_id)
    assert (ended.run_name, ended.run_type) == ("once", jobs.RunType.SUBMIT_RUN)
    assert output(client, ended, "whoami").logs == f"I am {ROBOT}\n"
    assert ended.run_id in [each.run_id for each in client.jobs.list_runs(run_type=jobs.RunType.SUBMIT_RUN)]
    analyst = workspace.client_of(ANALYST)
    for attempt in (analyst.jobs.get_run, analyst.jobs.cancel_run, analyst.jobs.delete_run):
        with pytest.raises(PermissionDenied):
            attempt(ended.run_id)
    with pytest.raises(PermissionDenied):
        analyst.jobs.repair_run(ended.run_id, rerun_tasks=["whoami"])
    assert ended.run_id not in [each.run_id for each in analyst.jobs.list_runs()]
    client.jobs.delete_run(ended.run_id)
    with pytest.raises(ResourceDoesNotExist):
        client.jobs.get_run(ended.run_id)


def test_a_script_of_a_volume(client: WorkspaceClient, tmp_path: Path) -> None:
    path = "/Volumes/of_jobs/artifacts/wheels/script.py"
    (tmp_path / "script.py").write_text("import sys\nprint(__name__, sys.argv[1:])\nif 'bad' in sys.argv: 1 / 0\n")
    with (tmp_path / "script.py").open("rb") as file:
        client.files.upload(path, file, overwrite=True)

    def script(key: str) -> jobs.Task:
        return jobs.Task(key, spark_python_task=jobs.SparkPythonTask(path, [key]), environment_key="default")

    ended = run(client, script("good"), script("bad"))
    client.files.delete(path)
    assert results(ended) == {"good": "SUCCESS", "bad": "FAILED"}
    assert output(client, ended, "good").logs == "__main__ ['good']\n"
    told = output(client, ended, "bad")
    assert told.error == "ZeroDivisionError: division by zero" and "task_launcher" not in told.error_trace


def test_who_is_told_of_what(workspace: Workspace, client: WorkspaceClient, tmp_path: Path) -> None:
    def everybody(name: str) -> dict[str, list[str]]:
        events = ("on_start", "on_success", "on_failure", "on_duration_warning_threshold_exceeded")
        return {event: [f"{name}@example.com"] for event in events}

    rule = jobs.JobsHealthRule(jobs.JobsHealthMetric.RUN_DURATION_SECONDS, jobs.JobsHealthOperator.GREATER_THAN, 1)
    quiet = jobs.JobNotificationSettings(no_alert_for_canceled_runs=True)
    sleeper = task("sleep", named_parameters={"marker": str(tmp_path / "m")})
    sleeper.email_notifications = jobs.TaskEmailNotifications(**everybody("of-task"))
    sleeper.health = jobs.JobsHealthRules([rule])
    job = make(
        client,
        sleeper,
        name="told",
        email_notifications=jobs.JobEmailNotifications(**everybody("of-job")),
        notification_settings=quiet,
        health=jobs.JobsHealthRules([rule]),
    )
    run_id = client.jobs.run_now(job).run_id
    until(lambda: "[DURATION WARNING] told" in mails(workspace, "of-job@example.com"))
    until(lambda: "[DURATION WARNING] told: sleep" in mails(workspace, "of-task@example.com"))
    client.jobs.cancel_run(run_id)
    finished(client, run_id)
    assert mails(workspace, "of-job@example.com") == ["[DURATION WARNING] told", "[STARTED] told"]
    assert mails(workspace, "of-task@example.com") == [
        "[CANCELED] told: sleep",
        "[DURATION WARNING] told: sleep",
        "[STARTED] told: sleep",
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"git_source": jobs.GitSource("https://a", jobs.GitProvider.GIT_HUB)}, "'git_source' is not supported"),
        ({"continuous": jobs.Continuous()}, "'continuous' is not supported"),
        (
            {"email_notifications": jobs.JobEmailNotifications(on_streaming_backlog_exceeded=["a@b.c"])},
            "on_streaming_backlog_exceeded is not supported",
        ),
        ({"tasks": [condition("a", "1", "2"), task("hello", key="a")]}, "Duplicate task keys"),
        ({"tasks": [for_each("f", task("hello"), '{"a": 1}')]}, "must be a JSON array"),
        ({"tasks": [for_each("f", for_each("g", task("hello"), "[]"), "[]")]}, "cannot be a for-each task"),
        ({"tasks": [jobs.Task("s", sql_task=jobs.SqlTask("w"))]}, "must name one of alert, file, query"),
    ],
)
def test_what_would_be_ignored_is_refused(client: WorkspaceClient, settings: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidParameterValue, match=message):
        client.jobs.create(**{"tasks": [task("hello")], "environments": environments(), **settings})


def test_lists_are_filtered_and_long_ones_come_in_pages(workspace: Workspace, client: WorkspaceClient) -> None:
    many = make(client, *(condition(f"c{number}", "1", "1") for number in range(130)), name="long")
    assert len(client.jobs.get(many).settings.tasks) == 130  # the client asks for the second page
    assert len(next(client.jobs.list(name="long", expand_tasks=True)).settings.tasks) == 130
    job = make(client, condition("c", "1", "1"), name="filtered")
    old, new = (finished(client, client.jobs.run_now(job).run_id) for _ in range(2))

    def found(**filters: object) -> list[int]:
        return [each.run_id for each in client.jobs.list_runs(job_id=job, **filters)]

    assert found() == found(completed_only=True) == found(run_type=jobs.RunType.JOB_RUN) == [new.run_id, old.run_id]
    assert found(active_only=True) == found(run_type=jobs.RunType.SUBMIT_RUN) == []
    assert found(start_time_from=new.start_time) == [new.run_id]
    assert found(start_time_to=old.start_time) == [old.run_id]
    with pytest.raises(InvalidParameterValue, match="cannot both be true"):
        found(active_only=True, completed_only=True)


@pytest.mark.trial
def test_killed_in_the_middle_of_a_workflow(workspace: Workspace, client: WorkspaceClient, tmp_path: Path) -> None:
    """A for-each goes on with its other iterations, a run-job task waits for the same child; a repair mends all."""
    nested = task("sleep_once", key="one", named_parameters={"n": "{{input}}", "marker": str(tmp_path)})
    once = task("sleep_once", named_parameters={"n": "child", "marker": str(tmp_path)}, max_retries=1)
    child = make(client, once, access_control_list=may_run())
    job = make(client, for_each("all", nested, json.dumps(["a", "b"]), concurrency=1), run_job("other", child))
    run_id = client.jobs.run_now(job).run_id
    until(lambda: {path.name for path in tmp_path.iterdir()} >= {"a", "child"})
    workspace.kill()
    workspace.start()
    ended = finished(client, run_id)
    assert results(ended) == {"all": "FAILED", "other": "SUCCESS"}
    loop = client.jobs.get_run(ended.tasks[0].run_id)
    assert [each.state.result_state.value for each in loop.iterations] == ["FAILED", "SUCCESS"]
    assert loop.iterations[0].status.termination_details.code == jobs.TerminationCodeCode.DRIVER_ERROR
    assert len(list(client.jobs.list_runs(job_id=child))) == 1
    client.jobs.repair_run(run_id, rerun_all_failed_tasks=True)
    assert finished(client, run_id).state.result_state == jobs.RunResultState.SUCCESS
