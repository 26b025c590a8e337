"""Configurations of an endpoint: which model versions it serves and how traffic is split; checked before accepted."""

from __future__ import annotations

from databricks.sdk.service.serving import (
    EndpointCoreConfigInput,
    EndpointCoreConfigOutput,
    Route,
    ServedEntityInput,
    ServedEntityOutput,
    TrafficConfig,
)

from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.serving import sizes
from rehearsal.workspace.serving.endpoints import IN_PROGRESS, now
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import access, models

_WHOLE_TRAFFIC = 100


def propose(tx: Transaction, call: Call, endpoint: Body, body: Body) -> None:
    """Check a new configuration and make it the endpoint's pending one. Raises DatabricksError."""
    if endpoint["config_update"] == IN_PROGRESS:
        raise DatabricksError(
            409, "RESOURCE_CONFLICT", f"Endpoint '{endpoint['name']}' is being updated; wait until the update ends."
        )
    config = parsed(EndpointCoreConfigInput, {**body, "name": endpoint["name"]})
    if config.auto_capture_config is not None:
        raise _not_emulated("auto_capture_config (inference tables)")
    entities = [_served_entity(tx, call, entity) for entity in _inputs(config)]
    names = [entity.name or "" for entity in entities]
    if len(set(names)) < len(names):
        raise invalid(f"Served entity names must be unique within an endpoint; found {sorted(names)}.")
    endpoint["config_version"] += 1
    output = EndpointCoreConfigOutput(
        config_version=endpoint["config_version"], served_entities=entities, traffic_config=_traffic(config, names)
    )
    endpoint["pending_config"] = {**output.as_dict(), "start_time": now()}
    endpoint["config_update"] = IN_PROGRESS


def _inputs(config: EndpointCoreConfigInput) -> list[ServedEntityInput]:
    """Served entities, whether given as such or by their former name and fields (served_models)."""
    former = [
        ServedEntityInput.from_dict(
            {**model.as_dict(), "entity_name": model.model_name, "entity_version": model.model_version}
        )
        for model in config.served_models or []
    ]
    entities = [*(config.served_entities or []), *former]
    if not entities:
        raise invalid("The configuration must have at least one served entity.")
    return entities


def _served_entity(tx: Transaction, call: Call, entity: ServedEntityInput) -> ServedEntityOutput:
    if entity.external_model is not None:
        raise _not_emulated("external_model")
    if (
        entity.provisioned_model_units is not None
        or entity.min_provisioned_throughput
        or entity.max_provisioned_throughput
    ):
        raise _not_emulated("provisioned throughput (it is for foundation models)")
    if entity.instance_profile_arn is not None:
        raise _not_emulated("instance_profile_arn (it is of another cloud)")
    sizes.check(entity)
    if not entity.entity_name or not entity.entity_version:
        raise invalid("A served entity must have an entity_name and an entity_version.")
    if entity.entity_name.count(".") != 2:
        raise invalid(
            f"'{entity.entity_name}' is not a registered model in Unity Catalog; expected catalog.schema.model."
        )
    if not entity.entity_version.isdigit():
        raise invalid(f"entity_version must be a version number; found '{entity.entity_version}'.")
    access.require(tx, call.principal, "MODEL", entity.entity_name, "EXECUTE")
    version = models.find_version(tx, entity.entity_name, int(entity.entity_version))
    if version.status is None or version.status.value != "READY":
        found = version.status.value if version.status else "unknown"
        raise invalid(
            f"Model version {entity.entity_version} of '{entity.entity_name}' is not READY; its status is {found}."
        )
    for key, value in (entity.environment_vars or {}).items():
        if "{{" in value:
            raise _not_emulated(f"a secret in environment variable {key}")
    default_name = f"{entity.entity_name.rsplit('.', 1)[1]}-{entity.entity_version}"
    return ServedEntityOutput(
        name=entity.name or default_name,
        entity_name=entity.entity_name,
        entity_version=entity.entity_version,
        environment_vars=entity.environment_vars,
        workload_size=entity.workload_size or (None if entity.max_provisioned_concurrency else "Small"),
        workload_type=entity.workload_type,
        scale_to_zero_enabled=bool(entity.scale_to_zero_enabled),
        min_provisioned_concurrency=entity.min_provisioned_concurrency,
        max_provisioned_concurrency=entity.max_provisioned_concurrency,
        creator=call.principal.name,
        creation_timestamp=now(),
    )


def _traffic(config: EndpointCoreConfigInput, names: list[str]) -> TrafficConfig:
    """The routes as given, or all traffic to the only entity."""
    given = (config.traffic_config.routes if config.traffic_config else None) or []
    if not given:
        if len(names) > 1:
            raise invalid(f"traffic_config must say how traffic is split between the served entities {names}.")
        given = [Route(traffic_percentage=_WHOLE_TRAFFIC, served_model_name=names[0])]
    routes = []
    for route in given:
        target = route.served_entity_name or route.served_model_name
        if target not in names:
            raise invalid(f"traffic_config has a route to '{target}', which is not one of the served entities {names}.")
        if not 0 <= route.traffic_percentage <= _WHOLE_TRAFFIC:
            raise invalid(f"traffic_percentage must be between 0 and 100; found {route.traffic_percentage}.")
        routes.append(Route(route.traffic_percentage, served_entity_name=target, served_model_name=target))
    total = sum(route.traffic_percentage for route in routes)
    if total != _WHOLE_TRAFFIC:
        raise invalid(f"The traffic percentages of all routes must sum to 100; found {total}.")
    return TrafficConfig(routes)


def _not_emulated(what: str) -> DatabricksError:
    return DatabricksError(501, "NOT_IMPLEMENTED", f"The rehearsal's Model Serving does not emulate {what}.")
