"""Faults as a client of Databricks meets them: databricks-sdk gets over those that it promises to get over."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import BadRequest, InternalError, NotFound, PermissionDenied, TooManyRequests
from databricks.sdk.service import jobs
from databricks.sdk.service.catalog import VolumeType

from tests.ports import free_port_base
from tests.workspace.conftest import People, Server
from tests.workspace.webhook_receiver import listening, until

FAULTS = "/api/2.0/understudy/faults"
CATALOGS = "/api/2.1/unity-catalog/catalogs"


def set_fault(server: Server, **wanted: Any) -> int:
    answer: Any = server.admin().api_client.do("POST", FAULTS, body=wanted)
    return int(answer["id"])


def struck(server: Server, identifier: int) -> int:
    answer: Any = server.admin().api_client.do("GET", FAULTS)
    return int(next(fault["struck"] for fault in answer["faults"] if fault["id"] == identifier))


@pytest.fixture
def sound(server: Server) -> Iterator[Server]:
    yield server
    server.admin().api_client.do("DELETE", FAULTS)


@pytest.fixture
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A workspace of its own, to be killed."""
    running = Server(tmp_path_factory.mktemp("mortal"), free_port_base())
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize("name", ["too-many-requests", "temporarily-unavailable"])
def test_the_sdk_waits_and_tries_again(sound: Server, name: str) -> None:
    fault = set_fault(sound, name=name, path=f"{CATALOGS}*", times=2, retry_after=1)
    started = time.monotonic()
    list(sound.admin().catalogs.list())
    assert struck(sound, fault) == 2 and time.monotonic() - started >= 2


def test_who_does_not_wait_is_told_why(sound: Server) -> None:
    set_fault(sound, name="too-many-requests", path=f"{CATALOGS}*", retry_after=3)
    profile = sound.admin().config
    hasty = WorkspaceClient(config=Config(host=profile.host, token=profile.token, retry_timeout_seconds=1))
    with pytest.raises((TimeoutError, TooManyRequests)):
        list(hasty.catalogs.list())


def test_a_server_error_is_one(sound: Server) -> None:
    set_fault(sound, name="server-error", method="GET", path=f"{CATALOGS}*", times=1)
    with pytest.raises(InternalError):
        list(sound.admin().catalogs.list())
    assert list(sound.admin().catalogs.list()) is not None


def test_a_dropped_connection_is_got_over_and_a_lost_answer_means_nothing(sound: Server) -> None:
    admin = sound.admin()
    before = set_fault(sound, name="dropped-connection", path=f"{CATALOGS}*", times=1)
    list(admin.catalogs.list())
    assert struck(sound, before) == 1
    # The write counts although its answer is lost: who asks again is told so.
    set_fault(sound, name="dropped-connection", method="POST", path=CATALOGS, when="after", times=1)
    with pytest.raises((httpx.TransportError, BadRequest)):
        httpx.post(
            f"{sound.host('dev')}{CATALOGS}",
            json={"name": "answer_lost"},
            headers={"Authorization": f"Bearer {admin.config.token}"},
        )
    assert admin.catalogs.get("answer_lost").name == "answer_lost"
    admin.catalogs.delete("answer_lost")


def test_latency(sound: Server) -> None:
    set_fault(sound, name="latency", path=f"{CATALOGS}*", times=1, seconds=1.5)
    started = time.monotonic()
    list(sound.admin().catalogs.list())
    assert time.monotonic() - started >= 1.5


def test_reads_lag_behind_writes(sound: Server) -> None:
    admin = sound.admin()
    set_fault(sound, name="slow-consistency", path="/api/2.1/unity-catalog/*", seconds=3)
    list(admin.catalogs.list())
    admin.catalogs.create("lagging")
    with pytest.raises(NotFound):
        admin.catalogs.get("lagging")
    until(lambda: "lagging" in [catalog.name for catalog in admin.catalogs.list()])
    admin.api_client.do("DELETE", FAULTS)
    admin.catalogs.delete("lagging")


def test_what_is_no_fault_and_who_may_not_set_one(sound: Server, people: People) -> None:
    for wrong in ({"name": "earthquake"}, {"name": "kill", "point": "nowhere"}, {"name": "latency", "tims": 1}):
        with pytest.raises(BadRequest):
            set_fault(sound, **wrong)
    with pytest.raises(PermissionDenied):
        sound.client(people.engineer).api_client.do("POST", FAULTS, body={"name": "server-error"})


@pytest.mark.trial
def test_a_kill_where_it_hurts(mortal: Server) -> None:
    """Between two writes: a fired schedule's run is there once, an upload is absent, a webhook comes again."""
    client = mortal.admin()
    client.catalogs.create("killed")
    client.volumes.create("killed", "default", "v", VolumeType.MANAGED)
    with listening() as receiver:
        made: Any = client.api_client.do(
            "POST",
            "/api/2.0/notification-destinations",
            body={"display_name": "told", "config": {"generic_webhook": {"url": receiver.url}}},
        )
        told = jobs.WebhookNotifications(on_success=[jobs.Webhook(made["id"])])
        hourly = jobs.CronSchedule("0 0 * * * ?", "UTC")
        job = client.jobs.create(name="hourly", schedule=hourly, webhook_notifications=told)
        set_fault(mortal, name="kill", point="schedule.fired")
        _dies(mortal, "POST", "/api/2.0/understudy/clock", json={"by_seconds": 3600})
        mortal.start()
        until(lambda: [run.state.result_state for run in _runs(client, job.job_id)] == [jobs.RunResultState.SUCCESS])
        until(lambda: len(receiver.got) == 1)
        set_fault(mortal, name="kill", point="webhook.posted")
        _dies(mortal, "POST", "/api/2.2/jobs/run-now", json={"job_id": job.job_id})
        mortal.start()
        until(lambda: len(receiver.got) == 3)
        assert receiver.got[1] == receiver.got[2] or receiver.got[1][1] == receiver.got[2][1]
    set_fault(mortal, name="kill", point="files.upload.written")
    path = "/Volumes/killed/default/v/file.bin"
    _dies(mortal, "PUT", f"/api/2.0/fs/files{path}", content=b"x" * 100_000)
    mortal.start()
    with pytest.raises(NotFound):
        client.files.get_metadata(path)
    client.files.upload(path, io.BytesIO(b"whole"))
    assert client.files.download(path).contents.read() == b"whole"  # type: ignore[union-attr]


def _dies(server: Server, method: str, path: str, **given: Any) -> None:
    """A request on which, or soon after which, the workspace dies."""
    headers = {"Authorization": f"Bearer {server.admin().config.token}"}
    with contextlib.suppress(httpx.TransportError):
        httpx.request(method, f"{server.host('dev')}{path}", headers=headers, timeout=30, **given)
    assert server.process is not None
    assert server.process.wait(timeout=30) == -9


def _runs(client: WorkspaceClient, job_id: int | None) -> list[Any]:
    return list(client.jobs.list_runs(job_id=job_id))
