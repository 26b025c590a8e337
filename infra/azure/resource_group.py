"""The resource group of a workspace and all that lies around it."""

from __future__ import annotations

from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct

from environments.settings import Environment
from infra.azure.names import azure_name
from infra.resources.protection import protection
from infra.tags import tags


def add_resource_group(scope: Construct, environment: Environment) -> ResourceGroup:
    """Add it. Destroying a group destroys what is in it, so it is protected when the environment is."""
    return ResourceGroup(
        scope,
        "group",
        name=azure_name(environment, "resource group"),
        location=environment.azure.location,
        tags=tags(environment),
        lifecycle=protection(environment),
    )
