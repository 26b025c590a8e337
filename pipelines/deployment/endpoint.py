"""The serving endpoint's configuration: one version with all the traffic, replaced without downtime."""

from __future__ import annotations

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, OperationFailed
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.service.serving import (
    EndpointCoreConfigOutput,
    EndpointStateConfigUpdate,
    Route,
    ServedEntityInput,
    TrafficConfig,
)
from mlflow.entities.model_registry import ModelVersion

from environments.settings import Serving
from pipelines.errors import PipelineError


def serve(workspace: WorkspaceClient, endpoint: str, version: ModelVersion, serving: Serving) -> bool:
    """Make the endpoint serve the version and wait until it does; False when it did already.

    On failure Databricks keeps serving the old configuration, and the error raised here says so.
    """
    try:
        found = workspace.serving_endpoints.get(endpoint)
    except NotFound as error:
        raise PipelineError(
            f"serving endpoint {endpoint}", "no such endpoint", "the one that Terraform creates"
        ) from error
    updating = found.state is not None and found.state.config_update == EndpointStateConfigUpdate.IN_PROGRESS
    wanted = served_entity(version, serving)
    if not updating and _serves(found.config, wanted):
        return False
    route = Route(served_model_name=wanted.name, traffic_percentage=100)
    try:
        workspace.serving_endpoints.update_config_and_wait(
            name=endpoint, served_entities=[wanted], traffic_config=TrafficConfig(routes=[route])
        )
    except (DatabricksError, OperationFailed, TimeoutError) as error:
        where = f"serving endpoint {endpoint}, version {version.version} of {version.name}"
        raise PipelineError(
            where, f"a failed update ({error})", "an update that succeeds; Champion is as it was"
        ) from error
    return True


def served_entity(version: ModelVersion, serving: Serving) -> ServedEntityInput:
    """What to serve, by the settings of the model."""
    return ServedEntityInput(
        name=f"{version.name.rsplit('.', 1)[-1]}-{version.version}",
        entity_name=version.name,
        entity_version=str(version.version),
        workload_size=serving.workload_size,
        scale_to_zero_enabled=serving.scale_to_zero,
    )


def _serves(config: EndpointCoreConfigOutput | None, wanted: ServedEntityInput) -> bool:
    entities = (config.served_entities if config else None) or []
    return [
        (entity.entity_name, entity.entity_version, entity.workload_size, bool(entity.scale_to_zero_enabled))
        for entity in entities
    ] == [(wanted.entity_name, wanted.entity_version, wanted.workload_size, bool(wanted.scale_to_zero_enabled))]
