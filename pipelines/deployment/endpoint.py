"""The serving endpoint's configuration: which versions share its traffic. It is replaced without downtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, OperationFailed
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.service.serving import (
    EndpointCoreConfigOutput,
    EndpointStateConfigUpdate,
    Route,
    ServedEntityInput,
    ServingEndpointDetailed,
    TrafficConfig,
)
from mlflow.entities.model_registry import ModelVersion

from environments.settings import Serving
from pipelines.deployment.asking import ask, example_request, served_name
from pipelines.errors import PipelineError


class Share(NamedTuple):
    """A version and its percentage of the traffic."""

    version: ModelVersion
    percent: int


class NoAnswer(PipelineError):
    """A version is served and does not answer."""

    def __init__(self, endpoint: str, version: ModelVersion, error: DatabricksError) -> None:
        expected = "an answer to the request that training logged; what was served before is served"
        super().__init__(f"serving endpoint {endpoint}, version {version.version}", str(error), expected)
        self.version = version.version


class _Split(NamedTuple):
    """A configuration, as far as it is ours to say."""

    entities: list[ServedEntityInput]
    percents: Mapping[str, int]


def serve(workspace: WorkspaceClient, endpoint: str, shares: Sequence[Share], serving: Serving) -> bool:
    """Split the traffic so, wait until it is, and ask each version; False when it was split so already.

    Raises PipelineError when the update fails, while Databricks keeps serving the old configuration; and when a version
    does not answer: then the old configuration is put back.
    """
    requests = [(share.version, example_request(share.version)) for share in shares]
    entities = [served_entity(share.version, serving) for share in shares]
    wanted = _Split(entities, {served_name(share.version): share.percent for share in shares})
    config = _settled(workspace, endpoint).config
    before = _split_of(config) if config else None
    if changes := before != wanted:
        _update(workspace, endpoint, wanted)
    for version, request in requests:
        try:
            ask(workspace, endpoint, version, request)
        except DatabricksError as error:
            if changes and before:
                _update(workspace, endpoint, before)
            raise NoAnswer(endpoint, version, error) from error
    return changes


def served_entity(version: ModelVersion, serving: Serving) -> ServedEntityInput:
    """What to serve, by the settings of the model."""
    return ServedEntityInput(
        name=served_name(version),
        entity_name=version.name,
        entity_version=str(version.version),
        workload_size=serving.workload_size,
        scale_to_zero_enabled=serving.scale_to_zero,
    )


def _settled(workspace: WorkspaceClient, endpoint: str) -> ServingEndpointDetailed:
    """The endpoint, once an update that somebody else began has ended, well or not."""
    try:
        found = workspace.serving_endpoints.get(endpoint)
    except NotFound as error:
        raise PipelineError(
            f"serving endpoint {endpoint}", "no such endpoint", "the one that Terraform creates"
        ) from error
    if found.state is None or found.state.config_update != EndpointStateConfigUpdate.IN_PROGRESS:
        return found
    with suppress(OperationFailed):
        workspace.serving_endpoints.wait_get_serving_endpoint_not_updating(endpoint)
    return workspace.serving_endpoints.get(endpoint)


def _update(workspace: WorkspaceClient, endpoint: str, split: _Split) -> None:
    routes = [Route(percent, served_model_name=name) for name, percent in split.percents.items()]
    try:
        workspace.serving_endpoints.update_config_and_wait(
            name=endpoint, served_entities=split.entities, traffic_config=TrafficConfig(routes=routes)
        )
    except (DatabricksError, OperationFailed, TimeoutError) as error:
        where = f"serving endpoint {endpoint}, traffic {dict(split.percents)}"
        raise PipelineError(
            where, f"a failed update ({error})", "an update that succeeds; Champion is as it was"
        ) from error


def _split_of(config: EndpointCoreConfigOutput) -> _Split:
    entities = [
        ServedEntityInput(
            name=one.name,
            entity_name=one.entity_name,
            entity_version=one.entity_version,
            workload_size=one.workload_size,
            scale_to_zero_enabled=bool(one.scale_to_zero_enabled),
        )
        for one in config.served_entities or []
    ]
    routes = (config.traffic_config.routes if config.traffic_config else None) or []
    percents = {str(one.served_entity_name or one.served_model_name): one.traffic_percentage for one in routes}
    return _Split(entities, percents)
