"""The SQL warehouse: creates tables from their contracts, answers people's queries."""

from __future__ import annotations

from cdktf_cdktf_provider_databricks.permissions import Permissions
from cdktf_cdktf_provider_databricks.sql_endpoint import SqlEndpoint, SqlEndpointTags, SqlEndpointTagsCustomTags
from constructs import Construct

from environments import names
from environments.settings import Environment
from infra.resources.permissions import AccessLists
from infra.tags import tags


def add_warehouse(scope: Construct, environment: Environment, access: AccessLists) -> SqlEndpoint:
    """Add a serverless warehouse and who may use it."""
    warehouse = SqlEndpoint(
        scope,
        "warehouse",
        name=names.warehouse(environment),
        cluster_size=environment.compute.warehouse_size,
        auto_stop_mins=environment.compute.warehouse_auto_stop_minutes,
        enable_serverless_compute=True,
        warehouse_type="PRO",
        max_num_clusters=1,
        tags=SqlEndpointTags(
            custom_tags=[SqlEndpointTagsCustomTags(key=key, value=value) for key, value in tags(environment).items()]
        ),
    )
    Permissions(
        scope,
        "warehouse-permissions",
        sql_endpoint_id=warehouse.id,
        access_control=access.access_control("warehouse", names.warehouse(environment)),
    )
    return warehouse
