"""Endpoints as the API shows them: the document plus what the processes are doing now."""

from __future__ import annotations

from databricks.sdk.service.serving import (
    AiGatewayConfig,
    EndpointCoreConfigOutput,
    EndpointPendingConfig,
    EndpointState,
    EndpointStateConfigUpdate,
    EndpointStateReady,
    ServedEntityOutput,
    ServedModelState,
    ServedModelStateDeployment,
    ServingEndpoint,
    ServingEndpointDetailed,
)

from rehearsal.workspace.serving.deployments import Deployments
from rehearsal.workspace.store import Body

_COMMON = ("id", "name", "creator", "creation_timestamp", "last_updated_timestamp", "description", "budget_policy_id")


def detailed(endpoint: Body, deployments: Deployments, permission_level: str | None) -> Body:
    """Answer of get, create and update."""
    config = _config(endpoint, deployments)
    shown = ServingEndpointDetailed.from_dict(
        {name: endpoint[name] for name in (*_COMMON, "tags", "route_optimized") if endpoint[name] is not None}
    )
    shown.config = config
    shown.ai_gateway = _ai_gateway(endpoint)
    shown.pending_config = _pending_config(endpoint, deployments)
    shown.state = _state(endpoint, config)
    return {**shown.as_dict(), "permission_level": permission_level}


def summary(endpoint: Body, deployments: Deployments) -> Body:
    """One item of the list."""
    config = _config(endpoint, deployments)
    shown = ServingEndpoint.from_dict({name: endpoint[name] for name in (*_COMMON, "tags")})
    shown.ai_gateway = _ai_gateway(endpoint)
    body = {**shown.as_dict(), "state": _state(endpoint, config).as_dict()}
    if config:
        names = ("name", "entity_name", "entity_version")
        entities = [{name: getattr(entity, name) for name in names} for entity in config.served_entities or []]
        body["config"] = {"served_entities": entities}
    return body


def _ai_gateway(endpoint: Body) -> AiGatewayConfig | None:
    settings = endpoint.get("ai_gateway")
    return AiGatewayConfig.from_dict(settings) if settings else None


def _config(endpoint: Body, deployments: Deployments) -> EndpointCoreConfigOutput | None:
    if not endpoint["config"]:
        return None
    config = EndpointCoreConfigOutput.from_dict(endpoint["config"])
    for entity in config.served_entities or []:
        entity.state = deployments.state(endpoint["id"], entity.name or "")
    return config


def _pending_config(endpoint: Body, deployments: Deployments) -> EndpointPendingConfig | None:
    if not endpoint["pending_config"]:
        return None
    config = EndpointPendingConfig.from_dict(endpoint["pending_config"])
    errors = endpoint.get("pending_errors") or {}
    for entity in config.served_entities or []:
        entity.state = deployments.pending_state(endpoint["id"], entity.name or "") or _ended_state(entity, errors)
    return config


def _ended_state(entity: ServedEntityOutput, errors: dict[str, str]) -> ServedModelState:
    """State of an entity of an update that failed: for its own reason, or because another one did."""
    if entity.name in errors:
        message = f"Failed to deploy the model: {errors[entity.name]}"
        return ServedModelState(ServedModelStateDeployment.DEPLOYMENT_FAILED, message)
    return ServedModelState(ServedModelStateDeployment.DEPLOYMENT_ABORTED, "The update failed.")


def _state(endpoint: Body, config: EndpointCoreConfigOutput | None) -> EndpointState:
    entities = (config.served_entities if config else None) or []
    states = [entity.state.deployment if entity.state else None for entity in entities]
    ready = bool(states) and all(state == ServedModelStateDeployment.DEPLOYMENT_READY for state in states)
    return EndpointState(
        EndpointStateConfigUpdate(endpoint["config_update"]),
        EndpointStateReady.READY if ready else EndpointStateReady.NOT_READY,
    )
