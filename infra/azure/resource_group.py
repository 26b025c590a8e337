"""The resource group of a workspace and all that lies around it, and how what lies in it is protected."""

from __future__ import annotations

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct

from environments.settings import Environment
from infra.azure.names import azure_name
from infra.tags import tags


def add_resource_group(scope: Construct, environment: Environment) -> ResourceGroup:
    """Add it. Destroying a group destroys what is in it, so it is protected when the environment is."""
    return ResourceGroup(
        scope,
        "group",
        name=azure_name(environment, "resource group"),
        location=environment.azure.location,
        tags=tags(environment),
        lifecycle=kept(environment),
    )


def kept(environment: Environment) -> TerraformResourceLifecycle | None:
    """The lifecycle of what must not be destroyed with a protected environment: what holds data, or access to it."""
    return TerraformResourceLifecycle(prevent_destroy=True) if environment.protected else None
