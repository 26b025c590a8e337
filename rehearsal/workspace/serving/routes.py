"""HTTP of Model Serving: endpoints are managed under /api/2.0/serving-endpoints, asked as `invocations` says."""

from __future__ import annotations

from collections import deque
from typing import Any

from fastapi import APIRouter, Response

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.errors import invalid, not_found
from rehearsal.workspace.serving import (
    ai_gateway,
    build_log,
    configs,
    endpoints,
    metrics_text,
    openapi,
    refused,
    requests,
    views,
)
from rehearsal.workspace.serving.lifecycle import deployments
from rehearsal.workspace.store import Body

_LOG_LINES = 500
router = APIRouter()
router.include_router(refused.router)
API = "/api/2.0/serving-endpoints"


@router.post(API)
def create(body: dict[str, Any], call: CallDep) -> Body:
    """Create an endpoint, with a configuration or without."""
    body = requests.endpoint(body)
    config = body.get("config") or {}
    refused.check_fields(body)
    with call.store.transaction() as tx:
        endpoint = endpoints.create(tx, call, body)
        if body.get("ai_gateway"):
            ai_gateway.configure(tx, call, endpoint, body["ai_gateway"])
            endpoints.save(tx, endpoint)
        if config.get("served_entities") or config.get("served_models"):
            configs.propose(tx, call, endpoint, config)
            endpoints.save(tx, endpoint)
    ai_gateway.make_table(call, endpoint)
    if endpoint["pending_config"]:
        deployments().update(endpoint)
    return views.detailed(endpoint, deployments(), "CAN_MANAGE")


@router.get(API)
def list_endpoints(call: CallDep) -> Body:
    """Endpoints that the caller may see."""
    with call.store.transaction() as tx:
        found = endpoints.list_visible(tx, call)
    return {"endpoints": [views.summary(endpoint, deployments()) for endpoint in found]}


@router.get(API + "/{name}")
def get(name: str, call: CallDep) -> Body:
    """One endpoint with the state of its deployments."""
    with call.store.transaction() as tx:
        endpoint = endpoints.find_permitted(tx, call, name, "CAN_VIEW")
        level = endpoints.permission_level(tx, call, endpoint)
    return views.detailed(endpoint, deployments(), level)


@router.delete(API + "/{name}")
def delete(name: str, call: CallDep) -> Body:
    """Delete an endpoint and end its model servers."""
    with call.store.transaction() as tx:
        endpoint = endpoints.find_permitted(tx, call, name, "CAN_MANAGE")
        endpoints.delete(tx, endpoint)
    deployments().remove(endpoint["id"])
    return {}


@router.put(API + "/{name}/config")
def update_config(name: str, body: dict[str, Any], call: CallDep) -> Body:
    """Deploy a new configuration; the old one serves until the new one is ready."""
    with call.store.transaction() as tx:
        endpoint = endpoints.find_permitted(tx, call, name, "CAN_MANAGE")
        configs.propose(tx, call, endpoint, body)
        endpoints.save(tx, endpoint)
    deployments().update(endpoint)
    return views.detailed(endpoint, deployments(), "CAN_MANAGE")


@router.put(API + "/{name}/ai-gateway")
def put_ai_gateway(name: str, body: dict[str, Any], call: CallDep) -> Body:
    """Replace the settings of the AI gateway."""
    with call.store.transaction() as tx:
        endpoint = endpoints.find_permitted(tx, call, name, "CAN_MANAGE")
        ai_gateway.configure(tx, call, endpoint, body)
        endpoints.save(tx, endpoint)
    ai_gateway.make_table(call, endpoint)
    settings: Body = endpoint["ai_gateway"]
    return settings


@router.patch(API + "/{name}/tags")
def patch_tags(name: str, body: dict[str, Any], call: CallDep) -> Body:
    """Add and remove tags."""
    body = requests.tags(body)
    with call.store.transaction() as tx:
        endpoint = endpoints.find_permitted(tx, call, name, "CAN_MANAGE")
        tags = endpoints.patch_tags(endpoint, body.get("add_tags") or [], body.get("delete_tags") or [])
        endpoints.save(tx, endpoint)
    return {"tags": tags}


@router.get(API + "/{name}/served-models/{entity}/logs")
def logs(name: str, entity: str, call: CallDep) -> Body:
    """The last lines that the entity's model servers wrote."""
    with call.store.transaction() as tx:
        endpoint = endpoints.find_permitted(tx, call, name, "CAN_MANAGE")
    _require_entity(endpoint, entity)
    path = deployments().log_file(endpoint, entity)
    if not path.exists():
        return {"logs": ""}
    with path.open(encoding="utf-8", errors="replace") as file:
        return {"logs": "".join(deque(file, _LOG_LINES))}


@router.get(API + "/{name}/served-models/{entity}/build-logs")
def build_logs(name: str, entity: str, call: CallDep) -> Body:
    """How the entity's environment was made: here it is the workspace's own, for all models."""
    with call.store.transaction() as tx:
        endpoint = endpoints.find_permitted(tx, call, name, "CAN_MANAGE")
    _require_entity(endpoint, entity)
    return {"logs": build_log.text(call.platform, endpoint, entity)}


@router.get(API + "/{name}/metrics")
def metrics(name: str, call: CallDep) -> Response:
    """Health metrics of the served entities, for Prometheus and its like."""
    with call.store.transaction() as tx:
        endpoint = endpoints.find_permitted(tx, call, name, "CAN_VIEW")
    text = metrics_text.text(name, deployments().active_entities(endpoint["id"]))
    return Response(text, media_type=metrics_text.CONTENT_TYPE)


@router.get(API + "/{name}/openapi")
def get_openapi(name: str, call: CallDep) -> Body:
    """The request and answer of the endpoint as an OpenAPI document."""
    with call.store.transaction() as tx:
        endpoint = endpoints.find_permitted(tx, call, name, "CAN_QUERY")
    if not endpoint["config"]:
        raise invalid(f"Endpoint '{name}' serves no model: it has no configuration that was deployed.")
    return openapi.document(call.platform, endpoint)


def _require_entity(endpoint: Body, entity: str) -> None:
    configured = [endpoint["config"] or {}, endpoint["pending_config"] or {}]
    if entity not in {served["name"] for config in configured for served in config.get("served_entities", [])}:
        raise not_found(f"Endpoint '{endpoint['name']}' has no served entity '{entity}'.")
