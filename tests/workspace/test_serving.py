"""Model Serving by the stock databricks-sdk against a served workspace: real processes, real deaths."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from databricks.sdk.errors import (
    BadRequest,
    InvalidParameterValue,
    NotFound,
    OperationFailed,
    PermissionDenied,
    ResourceAlreadyExists,
    ResourceConflict,
    Unauthenticated,
)
from databricks.sdk.service.catalog import PermissionsChange, Privilege
from databricks.sdk.service.serving import (
    EndpointCoreConfigInput,
    EndpointStateConfigUpdate,
    EndpointStateReady,
    EndpointTag,
    Route,
    ServedModelStateDeployment,
    ServingEndpointAccessControlRequest,
    ServingEndpointPermissionLevel,
    TrafficConfig,
)

from rehearsal.workspace.serving import wire
from tests.workspace.serving_support import (
    Workspace,
    ask,
    ask_until_ready,
    save_broken_model,
    save_model,
    served,
)

PERSON = "quinn@example.com"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path_factory.mktemp("home"))
    workspace.start()
    try:
        workspace.make_model()
        workspace.admin().users.create(user_name=PERSON)
        yield workspace
    finally:
        workspace.stop()


@pytest.fixture(scope="module")
def doubling(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> str:
    return workspace.add_version(save_model(tmp_path_factory.mktemp("m") / "doubling", 2.0))


@pytest.fixture(scope="module")
def tripling(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> str:
    return workspace.add_version(save_model(tmp_path_factory.mktemp("m") / "tripling", 3.0))


@pytest.fixture(scope="module")
def broken(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> str:
    return workspace.add_version(save_broken_model(tmp_path_factory.mktemp("m") / "broken"))


@pytest.fixture(scope="module")
def endpoint(workspace: Workspace, doubling: str) -> str:
    """An endpoint that serves the doubling model and that no test changes."""
    config = EndpointCoreConfigInput(name="stable", served_entities=[served(doubling)])
    workspace.admin().serving_endpoints.create_and_wait("stable", config=config)
    return "stable"


def test_an_endpoint_lives_without_configuration_until_it_gets_one(workspace: Workspace, doubling: str) -> None:
    api = workspace.admin().serving_endpoints
    made = api.create_and_wait("bare", tags=[EndpointTag("team", "flights")])
    assert made.config is None and made.state is not None and made.id
    assert made.state.ready == EndpointStateReady.NOT_READY
    assert made.state.config_update == EndpointStateConfigUpdate.NOT_UPDATING
    with pytest.raises(BadRequest, match="'bare' serves no model"):
        ask(workspace.admin(), "bare")
    with pytest.raises(ResourceAlreadyExists):
        api.create("bare")

    updated = api.update_config_and_wait("bare", served_entities=[served(doubling)])
    assert updated.state is not None and updated.state.ready == EndpointStateReady.READY
    assert updated.config is not None and updated.config.config_version == 1 and updated.pending_config is None
    assert updated.config.served_entities is not None
    entity = updated.config.served_entities[0]
    assert entity.name == f"delay-{doubling}" and entity.state is not None
    assert entity.state.deployment == ServedModelStateDeployment.DEPLOYMENT_READY
    assert updated.config.traffic_config == TrafficConfig([Route(100, f"delay-{doubling}", f"delay-{doubling}")])
    assert ask(workspace.admin(), "bare") == [4.0]
    assert "bare" in [found.name for found in api.list()]
    assert "startup complete" in api.logs("bare", f"delay-{doubling}").logs

    api.patch("bare", add_tags=[EndpointTag("cost", "low")], delete_tags=["team"])
    assert api.get("bare").tags == [EndpointTag("cost", "low")]
    api.delete("bare")
    with pytest.raises(NotFound, match="Endpoint with name 'bare' does not exist"):
        ask(workspace.admin(), "bare")


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_records": [{"distance": 2, "hour": 5}]},
        {"dataframe_split": {"columns": ["hour", "distance"], "data": [[5, 2.0]]}},
        {"instances": [{"distance": 2.0, "hour": 5}]},
        {"inputs": {"distance": [2.0], "hour": [5]}},
    ],
    ids=lambda body: next(iter(body)),
)
def test_every_request_format_is_answered(workspace: Workspace, endpoint: str, body: dict[str, object]) -> None:
    answer = workspace.admin().api_client.do("POST", f"/serving-endpoints/{endpoint}/invocations", body=body)
    assert answer == {"predictions": [4.0]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"dataframe_records": [{"distance": "far", "hour": 5}]},
            "column 'distance', row 0: found string \"far\", expected double",
        ),
        (
            {"dataframe_records": [{"distance": 1.0, "hour": 2.5}]},
            "column 'hour', row 0: found double 2.5, expected long",
        ),
        ({"dataframe_records": [{"distance": 1.0}]}, "Missing required column: 'hour' (long)"),
        (
            {"dataframe_split": {"columns": ["distance", "hour"], "data": [[1.0, 2], [True, 2]]}},
            "row 1: found boolean true",
        ),
        ({"inputs": {"distance": [[1.0]], "hour": [1]}}, "found array [1.0], expected double"),
        ({"records": []}, "exactly one of the fields"),
        ({"dataframe_split": {"columns": ["distance", "hour"], "data": [[1.0]]}}, "dataframe_split"),
        ([1, 2], "must be a JSON object"),
    ],
)
def test_a_request_that_does_not_fit_gets_one_clear_message(
    workspace: Workspace, endpoint: str, body: object, message: str
) -> None:
    config = workspace.admin().config
    answer = httpx.post(
        f"{config.host}/serving-endpoints/{endpoint}/invocations", json=body, headers=config.authenticate()
    )
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "BAD_REQUEST"
    assert message in answer.json()["message"]
    assert "\n" not in answer.json()["message"]
    assert answer.json()["details"][0]["request_id"]


@pytest.mark.trial
def test_an_update_under_constant_requests_fails_none(workspace: Workspace, doubling: str, tripling: str) -> None:
    admin = workspace.admin()
    config = EndpointCoreConfigInput(name="busy", served_entities=[served(doubling)])
    admin.serving_endpoints.create_and_wait("busy", config=config)
    answers: list[list[float]] = []
    done = threading.Event()

    def keep_asking() -> None:
        while not done.is_set():
            answers.append(ask(admin, "busy"))

    failures: list[threading.ExceptHookArgs] = []
    threading.excepthook, before = failures.append, threading.excepthook
    threads = [threading.Thread(target=keep_asking) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for version in (tripling, doubling, tripling):
            admin.serving_endpoints.update_config_and_wait("busy", served_entities=[served(version)])
            assert ask(admin, "busy") == ([4.0] if version == doubling else [6.0])
    finally:
        done.set()
        for thread in threads:
            thread.join()
        threading.excepthook = before
    assert not failures
    assert len(answers) > 100
    assert {tuple(answer) for answer in answers} == {(4.0,), (6.0,)}
    admin.serving_endpoints.delete("busy")


def test_a_model_that_does_not_load_leaves_the_old_one_serving(
    workspace: Workspace, doubling: str, tripling: str, broken: str
) -> None:
    admin = workspace.admin()
    config = EndpointCoreConfigInput(name="careful", served_entities=[served(doubling)])
    admin.serving_endpoints.create_and_wait("careful", config=config)
    with pytest.raises(OperationFailed, match="UPDATE_FAILED"):
        admin.serving_endpoints.update_config_and_wait("careful", served_entities=[served(broken)])
    found = admin.serving_endpoints.get("careful")
    assert found.state is not None and found.state.ready == EndpointStateReady.READY
    assert found.pending_config is not None and found.pending_config.served_entities is not None
    state = found.pending_config.served_entities[0].state
    assert state is not None and state.deployment == ServedModelStateDeployment.DEPLOYMENT_FAILED
    assert "Failed to deploy the model" in str(state.deployment_state_message)
    assert str(workspace.home) not in str(state.deployment_state_message)
    assert ask(admin, "careful") == [4.0]
    admin.serving_endpoints.update_config_and_wait("careful", served_entities=[served(tripling)])
    assert ask(admin, "careful") == [6.0]
    admin.serving_endpoints.delete("careful")


def test_traffic_is_split_between_entities(workspace: Workspace, doubling: str, tripling: str) -> None:
    admin = workspace.admin()
    config = EndpointCoreConfigInput(
        name="split",
        served_entities=[served(doubling, "champion"), served(tripling, "challenger")],
        traffic_config=TrafficConfig([Route(80, "champion"), Route(20, "challenger")]),
    )
    admin.serving_endpoints.create_and_wait("split", config=config)
    answers = [ask(admin, "split")[0] for _ in range(100)]
    assert 3 < answers.count(6.0) < 50
    path = "/serving-endpoints/split/served-models/challenger/invocations"
    body = {"inputs": {"distance": [2.0], "hour": [5]}}
    assert admin.api_client.do("POST", path, body=body) == {"predictions": [6.0]}
    admin.serving_endpoints.delete("split")


def test_a_configuration_is_checked_before_it_is_accepted(
    workspace: Workspace, endpoint: str, doubling: str, tmp_path: Path
) -> None:
    update = workspace.admin().serving_endpoints.update_config
    pending = workspace.add_version(save_model(tmp_path / "m", 1.0), ready=False)
    with pytest.raises(NotFound, match="version 99"):
        update(endpoint, served_entities=[served("99")])
    with pytest.raises(InvalidParameterValue, match="not READY"):
        update(endpoint, served_entities=[served(pending)])
    with pytest.raises(InvalidParameterValue, match="at least one served entity"):
        update(endpoint, served_entities=[])
    with pytest.raises(InvalidParameterValue, match="sum to 100; found 90"):
        routes = TrafficConfig([Route(90, "a")])
        update(endpoint, served_entities=[served(doubling, "a")], traffic_config=routes)
    with pytest.raises(NotFound, match="'nowhere'"):
        update("nowhere", served_entities=[served(doubling)])
    with pytest.raises(InvalidParameterValue, match="Endpoint name"):
        workspace.admin().serving_endpoints.create("no spaces")
    assert ask(workspace.admin(), endpoint) == [4.0]


def test_an_update_is_refused_while_another_runs(workspace: Workspace, doubling: str, tripling: str) -> None:
    api = workspace.admin().serving_endpoints
    api.create("hasty", config=EndpointCoreConfigInput(name="hasty", served_entities=[served(doubling)]))
    with pytest.raises(ResourceConflict, match="being updated"):
        api.update_config("hasty", served_entities=[served(tripling)])
    api.delete("hasty")


def test_permissions_on_endpoint_and_model_are_enforced(workspace: Workspace, doubling: str) -> None:
    admin, person = workspace.admin(), workspace.client_of(PERSON)
    made = admin.serving_endpoints.create_and_wait(
        "private", config=EndpointCoreConfigInput(name="private", served_entities=[served(doubling)])
    )
    assert made.id is not None

    def allow(level: ServingEndpointPermissionLevel) -> None:
        entry = ServingEndpointAccessControlRequest(user_name=PERSON, permission_level=level)
        admin.serving_endpoints.set_permissions(str(made.id), access_control_list=[entry])

    for attempt in (
        lambda: ask(person, "private"),
        lambda: person.serving_endpoints.get("private"),
        lambda: person.serving_endpoints.delete("private"),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    assert "private" not in [found.name for found in person.serving_endpoints.list()]
    allow(ServingEndpointPermissionLevel.CAN_VIEW)
    assert person.serving_endpoints.get("private").name == "private"
    with pytest.raises(PermissionDenied):
        ask(person, "private")
    allow(ServingEndpointPermissionLevel.CAN_QUERY)
    assert ask(person, "private") == [4.0]
    with pytest.raises(PermissionDenied):
        person.serving_endpoints.update_config("private", served_entities=[served(doubling)])
    allow(ServingEndpointPermissionLevel.CAN_MANAGE)
    with pytest.raises(PermissionDenied, match="User does not have"):
        person.serving_endpoints.update_config("private", served_entities=[served(doubling)])
    needed = [Privilege.USE_CATALOG, Privilege.USE_SCHEMA, Privilege.EXECUTE]
    admin.grants.update("catalog", "dev", changes=[PermissionsChange(add=needed, principal=PERSON)])
    person.serving_endpoints.update_config_and_wait("private", served_entities=[served(doubling)])
    with pytest.raises(Unauthenticated):
        ask(workspace.anonymous(), "private")
    admin.serving_endpoints.delete("private")


def test_a_model_server_answers_nobody_but_the_workspace(workspace: Workspace, endpoint: str) -> None:
    statuses = [json.loads(path.read_text()) for path in (workspace.home / "serving").glob("*/status.json")]
    told = []
    for status in statuses:
        for greeting in (b"", b"guessed-key\n", b"GET /ping HTTP/1.1\r\n\r\n"):
            # A server that an update has just replaced may be gone while its file is still there.
            with contextlib.suppress(ConnectionRefusedError):
                told.append(_said_to(status["port"], greeting + wire.request_frame(wire.PING, "", b"", more=False)))
    assert told and set(told) == {b""}
    assert ask(workspace.admin(), endpoint) == [4.0]


def test_a_killed_model_server_is_started_again(workspace: Workspace, endpoint: str) -> None:
    admin = workspace.admin()
    pid = _pid(workspace, endpoint)
    os.kill(pid, signal.SIGKILL)
    started = time.monotonic()
    answer, refusals = ask_until_ready(admin, endpoint)
    assert answer == [4.0]
    assert _pid(workspace, endpoint) != pid
    assert time.monotonic() - started < 60
    assert all("started" in refusal or "try" in refusal.lower() for refusal in refusals), refusals


def test_the_openapi_document_tells_the_models_columns(workspace: Workspace, endpoint: str, doubling: str) -> None:
    document = workspace.admin().api_client.do("GET", f"/api/2.0/serving-endpoints/{endpoint}/openapi")
    operation = document["paths"][f"/served-models/delay-{doubling}/invocations"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]["oneOf"][0]
    columns = schema["properties"]["dataframe_records"]["items"]["properties"]
    assert columns["distance"] == {"type": "number", "format": "double"}


@pytest.mark.trial
def test_endpoints_come_back_after_the_workspace_was_killed(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.start()
    try:
        workspace.make_model()
        version = workspace.add_version(save_model(tmp_path / "m", 2.0))
        slow = workspace.add_version(save_model(tmp_path / "n", 3.0))
        api = workspace.admin().serving_endpoints
        config = EndpointCoreConfigInput(name="lasting", served_entities=[served(version)])
        api.create_and_wait("lasting", config=config)
        api.create("bare")
        pid = _pid(workspace, "lasting")
        api.update_config("lasting", served_entities=[served(slow)])
        workspace.kill()
        _wait_gone(pid)

        workspace.start()
        answer, _ = ask_until_ready(workspace.admin(), "lasting")
        assert answer in ([4.0], [6.0])
        found = workspace.admin().serving_endpoints.wait_get_serving_endpoint_not_updating("lasting")
        assert found.config is not None and found.config.config_version == 2
        assert ask(workspace.admin(), "lasting") == [6.0]
        assert workspace.admin().serving_endpoints.get("bare").config is None
        pid = _pid(workspace, "lasting")
    finally:
        workspace.stop()
    _wait_gone(pid)
    assert not list((tmp_path / "serving").glob("*"))


def _said_to(port: int, text: bytes) -> bytes:
    """What a model server answers to a stranger before it ends the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            return connection.recv(1000)
        return b""


def _log(workspace: Workspace, endpoint: str) -> str:
    config = workspace.admin().serving_endpoints.get(endpoint).config
    assert config is not None and config.served_entities is not None
    return workspace.admin().serving_endpoints.logs(endpoint, str(config.served_entities[0].name)).logs


def _pid(workspace: Workspace, endpoint: str) -> int:
    return int(re.findall(r"Started server process \[(\d+)\]", _log(workspace, endpoint))[-1])


def _wait_gone(pid: int) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError(f"process {pid} still runs")
