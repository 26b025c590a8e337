"""Each served version is asked once by its name: that it answers, and which one it is in the inference table.

The table has ids of served entities, and what they stand for is told by `system.serving`, which account administrators
keep to themselves. The row of a request with an id of ours tells it as well.
https://learn.microsoft.com/azure/databricks/ai-gateway/inference-tables
"""

from __future__ import annotations

from typing import Any

import mlflow
from databricks.sdk import WorkspaceClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from pipelines.errors import PipelineError
from pipelines.registry import uri_of
from pipelines.training.record import REQUEST

ASKED = "deployment of version "  # begins the `client_request_id`; the version's number follows


def served_name(version: ModelVersion) -> str:
    """The version's name within the endpoint."""
    return f"{version.name.rsplit('.', 1)[-1]}-{version.version}"


def example_request(version: ModelVersion) -> dict[str, Any]:
    """The request that training logged as an example. Raises PipelineError when it logged none."""
    try:
        request: dict[str, Any] = mlflow.artifacts.load_dict(f"runs:/{version.run_id}/{REQUEST}")
    except MlflowException as error:
        where = f"MLflow run {version.run_id or '(none)'} of {uri_of(version)}"
        raise PipelineError(where, f"no artifact {REQUEST}", "a run of the training stage") from error
    return request


def ask(workspace: WorkspaceClient, endpoint: str, version: ModelVersion, request: dict[str, Any]) -> None:
    """Ask the version, whatever its share of the traffic. Raises DatabricksError when it does not answer."""
    path = f"/serving-endpoints/{endpoint}/served-models/{served_name(version)}/invocations"
    workspace.api_client.do("POST", path, body={**request, "client_request_id": f"{ASKED}{version.version}"})
