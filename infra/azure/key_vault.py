"""The environment's key vault, for the secrets of what lies around the workspace.

The jobs' own secrets are in a scope of Databricks' (infra/resources/secrets.py).
"""

from __future__ import annotations

from cdktf_cdktf_provider_azurerm.key_vault import KeyVault, KeyVaultNetworkAcls
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct

from environments.settings import Environment
from infra.resources.protection import protection
from infra.tags import tags

DAYS_TO_RECOVER = 90
SHORTEST_DAYS_TO_RECOVER = 7


def add_key_vault(scope: Construct, environment: Environment, group: ResourceGroup) -> KeyVault:
    """Add it: opened by roles alone, reached through its private endpoint and by services that Azure trusts."""
    return KeyVault(
        scope,
        "key-vault",
        name=environment.azure.key_vault,
        location=group.location,
        resource_group_name=group.name,
        tenant_id=environment.azure.tenant_id,
        sku_name="standard",
        rbac_authorization_enabled=True,
        # Nobody, not even who owns it, deletes it for good before its time.
        purge_protection_enabled=True,
        soft_delete_retention_days=SHORTEST_DAYS_TO_RECOVER if environment.disposable else DAYS_TO_RECOVER,
        public_network_access_enabled=False,
        network_acls=KeyVaultNetworkAcls(default_action="Deny", bypass="AzureServices"),
        tags=tags(environment),
        lifecycle=protection(environment),
    )
