"""The service principal that the environment's jobs run as."""

from __future__ import annotations

from cdktf_cdktf_provider_databricks.service_principal import ServicePrincipal
from constructs import Construct

from environments import names
from environments.settings import Environment


def add_service_principal(scope: Construct, environment: Environment) -> ServicePrincipal:
    """Add it, with the right to use the workspace and its SQL warehouses."""
    return ServicePrincipal(
        scope,
        "jobs",
        display_name=names.service_principal(environment),
        workspace_access=True,
        databricks_sql_access=True,
    )


def principal_name(environment: Environment, jobs: ServicePrincipal, principal: str) -> str:
    """The name that Unity Catalog knows the principal by: a service principal's is its application id."""
    return jobs.application_id if principal == names.service_principal(environment) else principal
