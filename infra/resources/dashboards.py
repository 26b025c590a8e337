"""A model's dashboard, and who may look at it."""

from __future__ import annotations

from cdktf import TerraformResource
from cdktf_cdktf_provider_databricks.dashboard import Dashboard
from cdktf_cdktf_provider_databricks.permissions import Permissions
from cdktf_cdktf_provider_databricks.sql_endpoint import SqlEndpoint
from constructs import Construct

from environments import names
from environments.settings import Environment, Model
from infra.dashboard import serialized_dashboard
from infra.resources.permissions import AccessLists


def add_dashboard(
    scope: Construct,
    environment: Environment,
    model: Model,
    access: AccessLists,
    warehouse: SqlEndpoint,
    needed: list[TerraformResource],
) -> None:
    """Add it, published."""
    dashboard = Dashboard(
        scope,
        f"dashboard-{model.name}",
        display_name=names.dashboard(environment, model),
        parent_path=names.FOLDER,
        warehouse_id=warehouse.id,
        serialized_dashboard=serialized_dashboard(environment, model),
        # Queries run for whoever published it: data scientists, who may not use prod's warehouse, see it nevertheless.
        embed_credentials=True,
        depends_on=needed,
    )
    Permissions(
        scope,
        f"dashboard-{model.name}-permissions",
        dashboard_id=dashboard.id,
        access_control=access.access_control("dashboard", names.dashboard(environment, model)),
    )
