"""The model's serving endpoint, without what it serves. Requests are limited, and kept in an inference table."""

from __future__ import annotations

from cdktf import TerraformResource
from cdktf_cdktf_provider_databricks.model_serving import (
    ModelServing,
    ModelServingAiGateway,
    ModelServingAiGatewayInferenceTableConfig,
    ModelServingAiGatewayRateLimits,
    ModelServingAiGatewayUsageTrackingConfig,
    ModelServingTags,
)
from cdktf_cdktf_provider_databricks.permissions import Permissions
from constructs import Construct

from environments import names
from environments.settings import Environment, Model
from infra.resources.catalog import CatalogResources
from infra.resources.permissions import AccessLists
from infra.tags import tags


def add_endpoint(
    scope: Construct,
    environment: Environment,
    model: Model,
    access: AccessLists,
    catalog: CatalogResources,
    budget_policy_id: str,
) -> list[TerraformResource]:
    """Add the endpoint and who may query it. It has no `config`: versions and traffic belong to the deploy task."""
    endpoint = ModelServing(
        scope,
        f"endpoint-{model.name}",
        name=names.endpoint(environment, model),
        description=model.description,
        budget_policy_id=budget_policy_id,
        ai_gateway=ModelServingAiGateway(
            inference_table_config=ModelServingAiGatewayInferenceTableConfig(
                enabled=True,
                catalog_name=catalog.catalog.name,
                schema_name=catalog.schemas[names.model_schema(environment, model)].name,
                table_name_prefix=names.inference_table_prefix(model),
            ),
            rate_limits=[
                ModelServingAiGatewayRateLimits(
                    key="user", calls=model.serving.calls_per_minute, renewal_period="minute"
                )
            ],
            usage_tracking_config=ModelServingAiGatewayUsageTrackingConfig(enabled=True),
        ),
        tags=[ModelServingTags(key=key, value=value) for key, value in tags(environment, model).items()],
    )
    permissions = Permissions(
        scope,
        f"endpoint-{model.name}-permissions",
        serving_endpoint_id=endpoint.serving_endpoint_id,
        access_control=access.access_control("endpoint", names.endpoint(environment, model)),
    )
    return [endpoint, permissions]
