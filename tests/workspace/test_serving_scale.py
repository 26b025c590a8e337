"""Sizes, scale to zero, crashes, revoked credentials, metrics and logs of endpoints, by stock clients."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from databricks.sdk.errors import BadRequest, InvalidParameterValue, NotImplemented, PermissionDenied, Unauthenticated
from databricks.sdk.service.serving import (
    EmailNotifications,
    EndpointCoreConfigInput,
    ExternalModel,
    ExternalModelProvider,
    PtEndpointCoreConfig,
    ServedEntityInput,
    ServingEndpointAccessControlRequest,
    ServingEndpointPermissionLevel,
    ServingModelWorkloadType,
)

from rehearsal.workspace.serving.served_entity import IDLE
from tests.workspace.serving_load import Load
from tests.workspace.serving_support import MODEL, Workspace, ask, ask_until_ready, save_model, served

PERSON = "quinn@example.com"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path_factory.mktemp("home"))
    workspace.start()
    try:
        workspace.make_model()
        workspace.admin().users.create(user_name=PERSON)
        version = workspace.add_version(save_model(tmp_path_factory.mktemp("m") / "doubling", 2.0))
        entity = served(version, "doubling")
        entity.workload_size, entity.scale_to_zero_enabled = "Medium", True
        config = EndpointCoreConfigInput(name="sized", served_entities=[entity])
        workspace.admin().serving_endpoints.create_and_wait("sized", config=config)
        yield workspace
    finally:
        workspace.stop()


def pids(workspace: Workspace) -> list[int]:
    """The endpoint's model servers that run."""
    log = workspace.admin().serving_endpoints.logs("sized", "doubling").logs
    started = [int(pid) for pid in re.findall(r"Started server process \[(\d+)\]", log)]
    return [pid for pid in started if Path(f"/proc/{pid}").exists()]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_killed_server_leaves_requests_to_its_sibling(workspace: Workspace) -> None:
    running = pids(workspace)
    assert len(running) == min(4, os.cpu_count() or 1)
    with Load(workspace, "sized", 4) as load:
        wait_until(lambda: sum(load.answers.values()) > 20)
        os.kill(running[0], signal.SIGKILL)
        wait_until(lambda: running[0] not in pids(workspace))
        before = sum(load.answers.values())
        wait_until(lambda: len(pids(workspace)) == len(running) and sum(load.answers.values()) > before + 20)
    # Those that it was answering may or may not have been seen by the model; nobody else notices.
    assert len(load.failures) <= 4 and all("stopped while it answered" in failure for failure in load.failures)
    assert load.answers.keys() == {4.0}


def test_it_sleeps_when_nobody_asks_and_wakes_when_somebody_does(workspace: Workspace) -> None:
    client = workspace.admin()
    client.api_client.do("POST", "/api/2.0/understudy/clock", body={"by_seconds": IDLE.total_seconds() + 60})
    wait_until(lambda: not pids(workspace))
    config = client.serving_endpoints.get("sized").config
    assert config is not None and config.served_entities is not None and config.served_entities[0].state is not None
    assert config.served_entities[0].state.deployment_state_message == "Scaled to zero"
    assert ask_until_ready(client, "sized")[0] == [4.0]
    assert pids(workspace)


def test_what_is_taken_away_counts_at_once(workspace: Workspace) -> None:
    admin, person = workspace.admin(), workspace.client_of(PERSON)
    identifier = str(admin.serving_endpoints.get("sized").id)
    allow = ServingEndpointAccessControlRequest(
        user_name=PERSON, permission_level=ServingEndpointPermissionLevel.CAN_QUERY
    )
    for _ in range(5):
        admin.serving_endpoints.set_permissions(identifier, access_control_list=[allow])
        assert ask(person, "sized") == ask(person, "sized") == [4.0]
        admin.serving_endpoints.set_permissions(identifier, access_control_list=[])
        with pytest.raises(PermissionDenied):
            ask(person, "sized")
    own = workspace.admin().tokens.create(comment="short")
    assert own.token_info is not None and own.token_value is not None
    holder = workspace._client(own.token_value)
    assert ask(holder, "sized") == [4.0]
    admin.tokens.delete(str(own.token_info.token_id))
    with pytest.raises(Unauthenticated):
        ask(holder, "sized")
    fleeting = workspace._client(str(workspace.admin().tokens.create(lifetime_seconds=1).token_value))
    assert ask(fleeting, "sized") == [4.0]
    time.sleep(1.1)
    with pytest.raises(Unauthenticated):
        ask(fleeting, "sized")


def test_metrics_and_build_logs(workspace: Workspace) -> None:
    client = workspace.admin()
    with pytest.raises(BadRequest):
        client.serving_endpoints.query("sized", dataframe_records=[{"distance": "far", "hour": 1}])
    contents = client.serving_endpoints.export_metrics("sized").contents
    assert contents is not None
    text = contents.read().decode()
    for name in ("cpu_usage_percentage", "mem_usage_percentage", "provisioned_concurrent_requests_total"):
        assert re.search(rf"# TYPE {name} gauge\n{name}{{.*}} [0-9.]+\n", text)
    assert re.search(r'request_4xx_count_total{endpoint_name="sized",served_entity_name="doubling".*} [1-9]', text)
    assert re.search(r'request_latency_ms_bucket{.*le="\+Inf"} [1-9]', text) and text.endswith("# EOF\n")
    assert "scikit-learn: met by" in client.serving_endpoints.build_logs("sized", "doubling").logs
    with pytest.raises(PermissionDenied):
        workspace.client_of(PERSON).serving_endpoints.export_metrics("sized")


@pytest.mark.parametrize(
    ("settings", "refusal", "message"),
    [
        ({"workload_size": "Huge"}, InvalidParameterValue, "Small, Medium, Large"),
        ({"min_provisioned_concurrency": 4}, InvalidParameterValue, "together"),
        (
            {"min_provisioned_concurrency": 3, "max_provisioned_concurrency": 8},
            InvalidParameterValue,
            "multiples of 4",
        ),
        ({"workload_type": ServingModelWorkloadType.GPU_SMALL}, NotImplemented, "CPUs only"),
        ({"min_provisioned_throughput": 10, "max_provisioned_throughput": 20}, NotImplemented, "throughput"),
        (
            {"external_model": ExternalModel(ExternalModelProvider.OPENAI, "gpt", "llm/v1/chat")},
            NotImplemented,
            "external_model",
        ),
    ],
)
def test_what_this_machine_does_not_have_is_refused(
    workspace: Workspace, settings: dict[str, object], refusal: type[Exception], message: str
) -> None:
    entity = ServedEntityInput(entity_name=MODEL, entity_version="1", **settings)  # type: ignore[arg-type]
    with pytest.raises(refusal, match=message):
        workspace.admin().serving_endpoints.update_config("sized", served_entities=[entity])


def test_settings_without_effect_are_refused(workspace: Workspace) -> None:
    api = workspace.admin().serving_endpoints
    for attempt in (
        lambda: api.create("fast", route_optimized=True),
        lambda: api.update_notifications("sized", email_notifications=EmailNotifications(["x@example.com"])),
        lambda: api.put("sized", rate_limits=[]),
        lambda: api.update_provisioned_throughput_endpoint_config("sized", config=PtEndpointCoreConfig()),
    ):
        with pytest.raises(NotImplemented, match="does not emulate"):
            attempt()


def test_a_request_that_is_too_long_is_refused(workspace: Workspace) -> None:
    config = workspace.admin().config
    answer = httpx.post(
        f"{config.host}/serving-endpoints/sized/invocations",
        content=b" " * (16 * 1024 * 1024 + 1),
        headers=config.authenticate(),
        timeout=60,
    )
    assert answer.status_code == 400 and "cannot exceed 16777216 bytes" in answer.json()["message"]
