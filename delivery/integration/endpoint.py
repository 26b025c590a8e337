"""A serving endpoint for one test: made with a version, asked, and removed whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.serving import EndpointCoreConfigInput, EndpointTag
from mlflow.entities.model_registry import ModelVersion

from environments import names
from environments.settings import Environment, Model
from pipelines.deployment.endpoint import served_entity

# Behind the name of the model's own endpoint.
MARK = "-integration-"
TAG = "temporary"
_READY_MINUTES = 30


@contextmanager
def temporary_endpoint(
    client: WorkspaceClient, environment: Environment, model: Model, version: ModelVersion, commit: str
) -> Iterator[str]:
    """Its name, once it is ready. One that a killed test of the same commit has left is made anew."""
    name = f"{names.endpoint(environment, model)}{MARK}{commit[:8]}"
    remove(client, name)
    try:
        client.serving_endpoints.create_and_wait(
            name,
            config=EndpointCoreConfigInput(name=name, served_entities=[served_entity(version, model.serving)]),
            tags=[EndpointTag(key, value) for key, value in {**environment.tags, TAG: "integration"}.items()],
            timeout=timedelta(minutes=_READY_MINUTES),
        )
        yield name
    finally:
        remove(client, name)


def remove(client: WorkspaceClient, name: str) -> bool:
    """False when there is none."""
    try:
        client.serving_endpoints.delete(name)
    except NotFound:
        return False
    return True
