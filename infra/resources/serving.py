"""The model's serving endpoint, without what it serves."""

from __future__ import annotations

from cdktf import TerraformResource
from cdktf_cdktf_provider_databricks.model_serving import ModelServing, ModelServingTags
from cdktf_cdktf_provider_databricks.permissions import Permissions
from constructs import Construct

from environments import names
from environments.settings import Environment, Model
from infra.resources.identity import JobsIdentity
from infra.resources.permissions import access_control
from infra.tags import tags


def add_endpoint(
    scope: Construct, environment: Environment, model: Model, jobs: JobsIdentity
) -> list[TerraformResource]:
    """Add the endpoint and who may query it. It has no `config`: versions and traffic belong to the deploy task."""
    endpoint = ModelServing(
        scope,
        f"endpoint-{model.name}",
        name=names.endpoint(environment, model),
        tags=[ModelServingTags(key=key, value=value) for key, value in tags(environment, model).items()],
    )
    permissions = Permissions(
        scope,
        f"endpoint-{model.name}-permissions",
        serving_endpoint_id=endpoint.serving_endpoint_id,
        access_control=access_control(environment, jobs, "endpoint"),
    )
    return [endpoint, permissions]
