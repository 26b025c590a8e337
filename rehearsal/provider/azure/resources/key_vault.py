"""azurerm_key_vault."""

from __future__ import annotations

from typing import ClassVar

from rehearsal.provider.azure.fields import At, Block, Field, Out, flag
from rehearsal.provider.azure.places import InGroup
from rehearsal.provider.azure.resource import LOCATION, TAGS, AzureResource
from rehearsal.provider.azure.resources.storage import listed
from rehearsal.provider.kind import Values


class KeyVault(AzureResource):
    """A key vault that roles open."""

    name = "key_vault"
    place = InGroup("Microsoft.KeyVault/vaults")
    fixed: ClassVar[Values] = {"properties": {"sku": {"family": "A"}, "accessPolicies": []}}
    computed = frozenset({"rbac_authorization_enabled", "enable_rbac_authorization"})
    defaults: ClassVar[Values] = {"public_network_access_enabled": True, "soft_delete_retention_days": 90}
    quiet = frozenset({"network_acls", "access_policy"})
    fields: ClassVar[dict[str, Field]] = {
        "location": LOCATION,
        "tags": TAGS,
        "tenant_id": At("properties.tenantId"),
        "sku_name": At("properties.sku.name"),
        "rbac_authorization_enabled": At("properties.enableRbacAuthorization"),
        "enable_rbac_authorization": Out("properties.enableRbacAuthorization"),  # its name until version 5
        "purge_protection_enabled": At("properties.enablePurgeProtection"),
        "soft_delete_retention_days": At("properties.softDeleteRetentionInDays"),
        "public_network_access_enabled": flag("properties.publicNetworkAccess"),
        "enabled_for_deployment": At("properties.enabledForDeployment"),
        "enabled_for_disk_encryption": At("properties.enabledForDiskEncryption"),
        "enabled_for_template_deployment": At("properties.enabledForTemplateDeployment"),
        "network_acls": Block(
            "properties.networkAcls",
            {
                "default_action": At("defaultAction"),
                "bypass": At("bypass"),
                "ip_rules": At("ipRules", *listed("value")),
                "virtual_network_subnet_ids": At("virtualNetworkRules", *listed("id")),
            },
        ),
        "vault_uri": Out("properties.vaultUri"),
    }
