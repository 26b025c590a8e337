"""Schedules and triggers by the stock client, on a clock that is moved: each moment fires once, at its own time."""

from __future__ import annotations

import io
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, PermissionDenied
from databricks.sdk.service import jobs
from databricks.sdk.service.catalog import VolumeType
from deltalake import write_deltalake

from tests.ports import free_port_base
from tests.workspace.conftest import People, Server
from tests.workspace.delta_support import delta_table, make_table, platform_of

CLOCK = "/api/2.0/understudy/clock"
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A workspace of its own: its clock is moved by days."""
    running = Server(tmp_path_factory.mktemp("timed"), free_port_base())
    running.start()
    yield running
    running.stop()


def now(client: WorkspaceClient) -> datetime:
    answer = client.api_client.do("GET", CLOCK)
    return datetime.fromisoformat(answer["now"])  # type: ignore[index, call-overload]


def move(client: WorkspaceClient, **by: Any) -> list[dict[str, Any]]:
    answer: Any = client.api_client.do("POST", CLOCK, body=by)
    fired: list[dict[str, Any]] = answer["fired"]
    return fired


def runs_of(client: WorkspaceClient, job_id: int | None) -> list[jobs.BaseRun]:
    return list(client.jobs.list_runs(job_id=job_id))


def test_a_schedule_fires_once_at_each_of_its_times(timed: Server) -> None:
    client = timed.admin()
    daily = jobs.CronSchedule("0 30 6 * * ?", "Europe/Amsterdam")
    job = client.jobs.create(name="daily", schedule=daily)
    paused = client.jobs.create(
        name="paused", schedule=jobs.CronSchedule("0 0 * * * ?", "UTC", pause_status=jobs.PauseStatus.PAUSED)
    )
    start = now(client)
    fired = move(client, by_seconds=timedelta(days=3).total_seconds())
    assert [each["job_id"] for each in fired] == [job.job_id] * 3
    found = runs_of(client, job.job_id)
    assert len(found) == 3 and {run.trigger for run in found} == {jobs.TriggerType.PERIODIC}
    assert runs_of(client, paused.job_id) == []
    times = [datetime.fromisoformat(each["at"]) for each in fired]
    assert all((time.minute, time.second) == (30, 0) and start < time <= start + timedelta(days=3) for time in times)
    # Each run was started when its time had come by the workspace's clock, not when somebody moved it.
    starts = sorted(datetime.fromtimestamp((run.start_time or 0) / 1000, UTC) for run in found)
    assert all(timedelta(0) <= began - due < MINUTE for began, due in zip(starts, times, strict=True))
    client.jobs.update(paused.job_id, new_settings=jobs.JobSettings(schedule=jobs.CronSchedule("0 0 * * * ?", "UTC")))
    client.jobs.delete(job.job_id)
    assert len(move(client, by_seconds=7200)) == 2
    client.jobs.delete(paused.job_id)
    assert move(client, by_seconds=7200) == []


@pytest.mark.trial
def test_a_moment_that_was_missed_for_long_is_not_made_up_for(timed: Server) -> None:
    client = timed.admin()
    job = client.jobs.create(name="missed", schedule=jobs.CronSchedule("0 0 12 * * ?", "UTC"))
    due = client.api_client.do("GET", CLOCK)["due"]  # type: ignore[index, call-overload]
    assert [each["kind"] for each in due] == ["jobs"]
    timed.stop(signal.SIGKILL)
    platform = platform_of(timed)
    platform.clock.move(platform.clock.now() + timedelta(days=2))
    timed.start()
    later: Any = client.api_client.do("GET", CLOCK)
    assert datetime.fromisoformat(later["due"][0]["at"]) > datetime.fromisoformat(later["now"])
    assert runs_of(client, job.job_id) == []
    client.jobs.delete(job.job_id)


def test_what_is_due_while_the_clock_is_moved_asleep_is_missed(timed: Server) -> None:
    client = timed.admin()
    job = client.jobs.create(name="slept", schedule=jobs.CronSchedule("0 0 12 * * ?", "UTC"))
    noon = (now(client) + timedelta(days=30)).replace(hour=11, minute=59, second=0, microsecond=0)
    assert move(client, to=noon.isoformat(), asleep=True) == [] == runs_of(client, job.job_id)
    (fired,) = move(client, by_seconds=120)
    assert datetime.fromisoformat(fired["at"]) - noon == MINUTE
    client.jobs.delete(job.job_id)


def test_periods(timed: Server) -> None:
    client = timed.admin()
    every = jobs.PeriodicTriggerConfiguration(12, jobs.PeriodicTriggerConfigurationTimeUnit.HOURS)
    job = client.jobs.create(name="every", trigger=jobs.TriggerSettings(periodic=every))
    client.api_client.do("GET", CLOCK)  # seen
    assert len(move(client, by_seconds=25 * 3600)) == 2
    client.jobs.delete(job.job_id)


def test_files_that_arrive_start_a_job_once(timed: Server) -> None:
    client = timed.admin()
    client.catalogs.create("arrivals")
    client.volumes.create("arrivals", "default", "landing", VolumeType.MANAGED)
    folder = "/Volumes/arrivals/default/landing/flights"
    client.files.upload(f"{folder}/old.csv", io.BytesIO(b"1"))
    arrival = jobs.FileArrivalTriggerConfiguration(
        url=f"{folder}/", wait_after_last_change_seconds=120, min_time_between_triggers_seconds=3600
    )
    job = client.jobs.create(name="arrival", trigger=jobs.TriggerSettings(file_arrival=arrival))
    assert move(client, by_seconds=7200) == []  # what was there has not arrived
    client.files.upload(f"{folder}/new.csv", io.BytesIO(b"2"))
    assert move(client, by_seconds=60) == []  # it waits for more
    client.files.upload(f"{folder}/newer.csv", io.BytesIO(b"3"))
    assert move(client, by_seconds=90) == []
    assert [each["trigger"] for each in move(client, by_seconds=60)] == ["FILE_ARRIVAL"]
    assert move(client, by_seconds=600) == []
    client.files.upload(f"{folder}/newest.csv", io.BytesIO(b"4"))
    assert move(client, by_seconds=600) == []  # less than an hour since the last time
    timed.stop(signal.SIGKILL)
    timed.start()
    assert len(move(client, by_seconds=3600)) == 1
    found = runs_of(client, job.job_id)
    assert len(found) == 2 and {run.trigger for run in found} == {jobs.TriggerType.FILE_ARRIVAL}
    client.jobs.delete(job.job_id)


def test_tables_that_are_updated_start_a_job(timed: Server) -> None:
    client = timed.admin()
    client.catalogs.create("updates")
    names = ["updates.default.a", "updates.default.b"]
    for name in names:
        make_table(timed, name, {"x": "long"})
    both = jobs.TableUpdateTriggerConfiguration(table_names=names, condition=jobs.Condition.ALL_UPDATED)
    job = client.jobs.create(name="tables", trigger=jobs.TriggerSettings(table_update=both))
    client.api_client.do("GET", CLOCK)  # seen
    rows = pa.table({"x": [2]})
    write_deltalake(delta_table(timed, names[0]), rows, mode="append")
    assert move(client, by_seconds=10) == []
    write_deltalake(delta_table(timed, names[1]), rows, mode="append")
    move(client, by_seconds=10)
    assert [run.trigger for run in runs_of(client, job.job_id)] == [jobs.TriggerType.TABLE]
    client.jobs.delete(job.job_id)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"schedule": jobs.CronSchedule("0 0 25 * * ?", "UTC")}, "field hours"),
        ({"schedule": jobs.CronSchedule("0 0 12 * * ?", "Nowhere")}, "is not a time zone"),
        ({"trigger": jobs.TriggerSettings()}, "exactly one kind"),
        (
            {"trigger": jobs.TriggerSettings(file_arrival=jobs.FileArrivalTriggerConfiguration(url="/tmp/x"))},
            "file_arrival.url",
        ),
        (
            {
                "trigger": jobs.TriggerSettings(
                    table_update=jobs.TableUpdateTriggerConfiguration(["a.b.c"], wait_after_last_change_seconds=5)
                )
            },
            "at least 60 seconds",
        ),
    ],
)
def test_what_could_never_start_is_refused(server: Server, settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadRequest, match=complaint):
        server.admin().jobs.create(name="wrong", **settings)


def test_only_administrators_move_the_clock_and_only_forward(server: Server, people: People) -> None:
    with pytest.raises(PermissionDenied):
        move(server.client(people.engineer), by_seconds=1)
    with pytest.raises(BadRequest, match="cannot be set back"):
        move(server.admin(), to="2020-01-01T00:00:00Z")
    with pytest.raises(BadRequest, match="either"):
        move(server.admin())
