"""The AI gateway of an endpoint: limits that refuse, an inference table that has each answered request once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from databricks.sdk.errors import BadRequest, NotFound, NotImplemented, PermissionDenied
from databricks.sdk.service.serving import (
    AiGatewayConfig,
    AiGatewayGuardrails,
    AiGatewayInferenceTableConfig,
    AiGatewayRateLimit,
    AiGatewayRateLimitKey,
    AiGatewayRateLimitRenewalPeriod,
    EndpointCoreConfigInput,
    ServingEndpointAccessControlRequest,
    ServingEndpointPermissionLevel,
)
from deltalake import DeltaTable

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.serving.rate_limits import RateLimits
from rehearsal.workspace.unity_catalog import tables
from tests.workspace.serving_support import Workspace, ask_until_ready, save_model, served

PERSON = "quinn@example.com"
TABLE = "dev.flights.watched_payload"
MINUTE = AiGatewayRateLimitRenewalPeriod.MINUTE
PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path_factory.mktemp("home"))
    workspace.start()
    try:
        workspace.make_model()
        workspace.admin().users.create(user_name=PERSON)
        version = workspace.add_version(save_model(tmp_path_factory.mktemp("m") / "doubling", 2.0))
        workspace.admin().serving_endpoints.create_and_wait(
            "watched",
            config=EndpointCoreConfigInput(name="watched", served_entities=[served(version)]),
            ai_gateway=AiGatewayConfig(inference_table_config=capture()),
        )
        yield workspace
    finally:
        workspace.stop()


def capture(prefix: str = "watched", schema: str = "flights") -> AiGatewayInferenceTableConfig:
    return AiGatewayInferenceTableConfig(catalog_name="dev", schema_name=schema, table_name_prefix=prefix, enabled=True)


def post(workspace: Workspace, body: dict[str, Any], principal: str | None = None) -> httpx.Response:
    client = workspace.client_of(principal) if principal else workspace.admin()
    return httpx.post(
        f"{client.config.host}/serving-endpoints/watched/invocations",
        json=body,
        headers=client.config.authenticate(),
        timeout=30,
    )


def record(identifier: str = "", distance: object = 2.0) -> dict[str, Any]:
    body: dict[str, Any] = {"dataframe_records": [{"distance": distance, "hour": 5}]}
    return body | ({"client_request_id": identifier} if identifier else {})


def logged(workspace: Workspace, prefix: str, count: int) -> list[dict[str, Any]]:
    """The table's rows of the requests whose ids begin so, once there are as many."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with workspace.platform.store.transaction() as tx:
            location = tables.local_location(tables.find(tx, TABLE))
        rows = DeltaTable(location).to_pyarrow_table().to_pylist()
        found = [row for row in rows if (row["client_request_id"] or "").startswith(prefix)]
        if len(found) >= count or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def test_the_inference_table_has_requests_and_responses(workspace: Workspace) -> None:
    workspace.admin().serving_endpoints.update_permissions(
        str(workspace.admin().serving_endpoints.get("watched").id),
        access_control_list=[
            ServingEndpointAccessControlRequest(
                user_name=PERSON, permission_level=ServingEndpointPermissionLevel.CAN_QUERY
            )
        ],
    )
    assert post(workspace, record("row-1"), PERSON).json() == {"predictions": [4.0]}
    assert post(workspace, record("row-2", "far")).status_code == 400
    first, second = sorted(logged(workspace, "row-", 2), key=lambda row: row["client_request_id"])
    assert json.loads(first["request"]) == record() and json.loads(first["response"]) == {"predictions": [4.0]}
    assert (first["requester"], first["status_code"], first["served_entity_id"]) == (PERSON, 200, "delay-1")
    assert first["request_date"] == first["request_time"].date() and first["sampling_fraction"] == 1.0
    assert first["logging_error_codes"] == [] and 0 <= first["execution_duration_ms"] < 10_000
    assert (second["status_code"], second["requester"]) == (400, "admin@example.com")
    assert "expected double" in json.loads(second["response"])["message"]
    assert first["databricks_request_id"] != second["databricks_request_id"]
    described = workspace.admin().tables.get(TABLE)
    assert described.owner == "admin@example.com"
    assert [column.name for column in described.columns or []][:4] == [
        "request_date", "databricks_request_id", "client_request_id", "request_time",
    ]  # fmt: skip


@pytest.mark.trial
def test_a_kill_loses_and_doubles_no_answered_request(workspace: Workspace) -> None:
    answered = []
    for life in range(3):
        with ThreadPoolExecutor(4) as pool:
            ids = [f"life-{life}-{number}" for number in range(25)]
            statuses = list(pool.map(lambda name: post(workspace, record(name)).status_code, ids))
        answered += [name for name, status in zip(ids, statuses, strict=True) if status == 200]
        time.sleep(0.7 * life)  # killed before, while and after the lines become rows
        workspace.kill()
        workspace.start()
        ask_until_ready(workspace.admin(), "watched")
    assert len(answered) == 75
    time.sleep(3)
    rows = logged(workspace, "life-", len(answered))
    assert sorted(row["client_request_id"] for row in rows) == sorted(answered)


def test_too_many_requests_are_refused(workspace: Workspace) -> None:
    api = workspace.admin().serving_endpoints
    limit = AiGatewayRateLimit(MINUTE, calls=3, key=AiGatewayRateLimitKey.USER)
    api.put_ai_gateway("watched", inference_table_config=capture(), rate_limits=[limit])
    try:
        answers = [post(workspace, record()) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        refusal = answers[-1].json()
        assert refusal["error_code"] == "REQUEST_LIMIT_EXCEEDED"
        assert "3 calls per minute for endpoint 'watched' (key: user)" in refusal["message"]
        assert post(workspace, record(), PERSON).status_code == 200
        assert api.get("watched").ai_gateway.rate_limits == [limit]  # type: ignore[union-attr]
    finally:
        api.put_ai_gateway("watched", inference_table_config=capture())
    assert post(workspace, record()).status_code == 200


def test_limits_of_endpoint_user_and_principals() -> None:
    now = [0.0]
    limits = RateLimits(lambda: now[0])
    key = AiGatewayRateLimitKey

    def admitted(principal: str, endpoint: dict[str, Any], groups: frozenset[str] = frozenset()) -> bool:
        try:
            limits.admit(endpoint, Principal("1", principal, "user", groups, is_admin=False))
        except DatabricksError as refusal:
            assert refusal.status == 429
            return False
        return True

    def endpoint(identifier: str, *given: AiGatewayRateLimit) -> dict[str, Any]:
        gateway = {"rate_limits": [limit.as_dict() for limit in given]}
        return {"id": identifier, "name": identifier, "ai_gateway": gateway}

    whole = endpoint("whole", AiGatewayRateLimit(MINUTE, calls=2, key=key.ENDPOINT))
    assert [admitted(name, whole) for name in "aba"] == [True, True, False]
    now[0] = 59.9
    assert not admitted("c", whole)
    now[0] = 60.0
    assert admitted("c", whole)
    some = endpoint(
        "some",
        AiGatewayRateLimit(MINUTE, calls=1, key=key.USER),
        AiGatewayRateLimit(MINUTE, calls=2, key=key.USER_GROUP, principal="feeds"),
    )
    assert [admitted("a", some) for _ in range(2)] == [True, False]
    assert [admitted("f", some, frozenset({"feeds"})) for _ in range(3)] == [True, True, False]
    assert admitted("anybody", {"id": "x", "name": "x", "ai_gateway": None})
    assert not admitted("a", endpoint("closed", AiGatewayRateLimit(MINUTE, calls=0, key=key.ENDPOINT)))


def test_what_the_gateway_does_not_take(workspace: Workspace) -> None:
    api = workspace.admin().serving_endpoints
    with pytest.raises(BadRequest, match="cannot be changed while it is enabled"):
        api.put_ai_gateway("watched", inference_table_config=capture("other"))
    with pytest.raises(BadRequest, match="principal must be specified for key user_group"):
        limit = AiGatewayRateLimit(MINUTE, calls=1, key=AiGatewayRateLimitKey.USER_GROUP)
        api.put_ai_gateway("watched", rate_limits=[limit])
    with pytest.raises(NotImplemented, match="guardrails"):
        api.put_ai_gateway("watched", guardrails=AiGatewayGuardrails())
    with pytest.raises(NotFound):
        api.create("lost", ai_gateway=AiGatewayConfig(inference_table_config=capture(schema="nowhere")))
    with pytest.raises(NotFound):
        api.get("lost")
    with pytest.raises(PermissionDenied):
        workspace.client_of(PERSON).serving_endpoints.create(
            "mine", ai_gateway=AiGatewayConfig(inference_table_config=capture("mine"))
        )
    assert api.get("watched").ai_gateway.inference_table_config == capture()  # type: ignore[union-attr]
