"""The Databricks workspace itself, its compute in our network."""

from __future__ import annotations

from cdktf_cdktf_provider_azurerm.databricks_workspace import DatabricksWorkspace, DatabricksWorkspaceCustomParameters
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct

from environments.settings import Environment
from infra.azure.names import azure_name
from infra.azure.network import NetworkResources
from infra.resources.protection import protection
from infra.tags import tags


def add_workspace(
    scope: Construct,
    environment: Environment,
    group: ResourceGroup,
    network: NetworkResources,
) -> DatabricksWorkspace:
    """Add it."""
    return DatabricksWorkspace(
        scope,
        "workspace",
        name=azure_name(environment, "databricks workspace"),
        location=group.location,
        resource_group_name=group.name,
        managed_resource_group_name=azure_name(environment, "resource group", "databricks"),
        # Unity Catalog, access lists of jobs and clusters, and private links need this one.
        sku="premium",
        public_network_access_enabled=environment.azure.public_workspace_access,
        # The compute reaches the control plane through the private endpoint, not by rules to the service's addresses.
        network_security_group_rules_required="NoAzureDatabricksRules",
        infrastructure_encryption_enabled=True,
        custom_parameters=DatabricksWorkspaceCustomParameters(
            no_public_ip=True,
            virtual_network_id=network.network.id,
            public_subnet_name=network.public.subnet.name,
            public_subnet_network_security_group_association_id=network.public.guarded.id,
            private_subnet_name=network.private.subnet.name,
            private_subnet_network_security_group_association_id=network.private.guarded.id,
        ),
        tags=tags(environment),
        depends_on=network.way_out,
        lifecycle=protection(environment),
    )
