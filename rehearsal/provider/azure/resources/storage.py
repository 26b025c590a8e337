"""azurerm_storage_account and azurerm_storage_container, both made by Azure Resource Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rehearsal.provider import values
from rehearsal.provider.azure import fields as mapping
from rehearsal.provider.azure.fields import At, Block, Field, Out, flag, opposite
from rehearsal.provider.azure.places import Below, InGroup
from rehearsal.provider.azure.resource import LOCATION, TAGS, AzureResource
from rehearsal.provider.azure.resources.identity import IDENTITY
from rehearsal.provider.kind import Values

if TYPE_CHECKING:
    from rehearsal.provider.azure.client import ArmClient

SERVICES = ("blob", "dfs", "file", "queue", "table", "web")
ACCESS = {"private": "None", "blob": "Blob", "container": "Container"}


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")]


def _host(address: str) -> str:
    return address.removeprefix("https://").rstrip("/")


def listed(name: str) -> tuple[Any, Any]:
    """A list of plain values that Azure keeps as a list of rules."""
    return (
        lambda values: [{name: value, "action": "Allow"} for value in values],
        lambda rules: [rule[name] for rule in rules],
    )


RULES = Block(
    "properties.networkAcls",
    {
        "default_action": At("defaultAction"),
        "bypass": At("bypass", ", ".join, _words),
        "ip_rules": At("ipRules", *listed("value")),
        "virtual_network_subnet_ids": At("virtualNetworkRules", *listed("id")),
    },
)


# The settings of the account's blob service, which is a resource of its own.
BLOB = Block(
    "properties",
    {
        "versioning_enabled": At("isVersioningEnabled"),
        "change_feed_enabled": At("changeFeed.enabled"),
        "last_access_time_enabled": At("lastAccessTimeTrackingPolicy.enable"),
        "delete_retention_policy": Block(
            "deleteRetentionPolicy", {"days": At("days"), "permanent_delete_enabled": At("allowPermanentDelete")}
        ),
        "container_delete_retention_policy": Block("containerDeleteRetentionPolicy", {"days": At("days")}),
    },
)


class StorageAccount(AzureResource):
    """A storage account."""

    name = "storage_account"
    place = InGroup("Microsoft.Storage/storageAccounts")
    computed = frozenset({"access_tier", "large_file_share_enabled"})
    defaults: ClassVar[Values] = {
        "account_kind": "StorageV2",
        "https_traffic_only_enabled": True,
        "min_tls_version": "TLS1_2",
        "is_hns_enabled": False,
        "nfsv3_enabled": False,
        "sftp_enabled": False,
        "allow_nested_items_to_be_public": True,
        "shared_access_key_enabled": True,
        "public_network_access_enabled": True,
        "default_to_oauth_authentication": False,
        "cross_tenant_replication_enabled": False,
        "infrastructure_encryption_enabled": False,
        "local_user_enabled": True,
        "dns_endpoint_type": "Standard",
        "queue_encryption_key_type": "Service",
        "table_encryption_key_type": "Service",
    }
    force_new = frozenset(
        {"account_tier", "is_hns_enabled", "nfsv3_enabled", "infrastructure_encryption_enabled", "dns_endpoint_type"}
        | {"queue_encryption_key_type", "table_encryption_key_type"}
    )
    quiet = frozenset({"network_rules", "blob_properties"})
    fields: ClassVar[dict[str, Field]] = {
        "location": LOCATION,
        "tags": TAGS,
        "identity": IDENTITY,
        "account_kind": At("kind"),
        "access_tier": At("properties.accessTier"),
        "https_traffic_only_enabled": At("properties.supportsHttpsTrafficOnly"),
        "min_tls_version": At("properties.minimumTlsVersion"),
        "is_hns_enabled": At("properties.isHnsEnabled"),
        "nfsv3_enabled": At("properties.isNfsV3Enabled"),
        "sftp_enabled": At("properties.isSftpEnabled"),
        "allow_nested_items_to_be_public": At("properties.allowBlobPublicAccess"),
        "shared_access_key_enabled": At("properties.allowSharedKeyAccess"),
        "public_network_access_enabled": flag("properties.publicNetworkAccess"),
        "default_to_oauth_authentication": At("properties.defaultToOAuthAuthentication"),
        "cross_tenant_replication_enabled": At("properties.allowCrossTenantReplication"),
        "infrastructure_encryption_enabled": At("properties.encryption.requireInfrastructureEncryption"),
        "local_user_enabled": At("properties.isLocalUserEnabled"),
        "dns_endpoint_type": At("properties.dnsEndpointType"),
        "queue_encryption_key_type": At("properties.encryption.services.queue.keyType"),
        "table_encryption_key_type": At("properties.encryption.services.table.keyType"),
        "large_file_share_enabled": flag("properties.largeFileSharesState"),
        "network_rules": RULES,
        "sas_policy": Block(
            "properties.sasPolicy",
            {"expiration_period": At("sasExpirationPeriod"), "expiration_action": At("expirationAction")},
        ),
        "account_tier": Out("sku.name", read=lambda sku: sku.partition("_")[0]),
        "account_replication_type": Out("sku.name", read=lambda sku: sku.partition("_")[2]),
        "blob_properties": Block("properties.none", BLOB.fields),
        "primary_location": Out("properties.primaryLocation"),
        **{f"primary_{service}_endpoint": Out(f"properties.primaryEndpoints.{service}") for service in SERVICES},
        **{
            f"primary_{service}_host": Out(f"properties.primaryEndpoints.{service}", read=_host) for service in SERVICES
        },
    }

    def write(self, api: ArmClient, wanted: Values, document: Values) -> None:
        """Tier and replication are one word in Azure; the blob service has a document of its own."""
        super().write(api, {**wanted, "blob_properties": []}, document)
        document["sku"] = {"name": f"{wanted['account_tier']}_{wanted['account_replication_type']}"}

    def finish(self, api: ArmClient, identifier: str, wanted: Values) -> None:
        """Set up the blob service."""
        self._put_blob_service(api, identifier, wanted)

    def update(self, api: ArmClient, identifier: str, before: Values, wanted: Values) -> str:
        """Change the account, then its blob service."""
        super().update(api, identifier, before, wanted)
        if before.get("blob_properties") != wanted.get("blob_properties"):
            self._put_blob_service(api, identifier, wanted)
        return identifier

    def read(self, api: ArmClient, identifier: str, known: Values) -> Values:
        """The account with its blob service."""
        service = api.get(f"{identifier}/blobServices/default")
        settings = {name: value for name, value in service["properties"].items() if name != "provisioningState"}
        found = super().read(api, identifier, known)
        blob = mapping.read({"blob_properties": BLOB}, {"properties": settings}, known)
        return {**found, **values.completed(self.block, blob)}

    def _put_blob_service(self, api: ArmClient, identifier: str, wanted: Values) -> None:
        if not wanted.get("blob_properties"):
            return
        document: Values = {}
        mapping.write({"blob_properties": BLOB}, wanted, document)
        for policy in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
            if policy in document["properties"]:
                document["properties"][policy]["enabled"] = True
        api.put(f"{identifier}/blobServices/default", document)


class StorageContainer(AzureResource):
    """A container, by its account's id."""

    name = "storage_container"
    place = Below("storage_account_id", "blobServices/default/containers")
    computed = frozenset({"default_encryption_scope", "metadata"})
    defaults: ClassVar[Values] = {"container_access_type": "private", "encryption_scope_override_enabled": True}
    force_new = frozenset({"default_encryption_scope", "encryption_scope_override_enabled"})
    fields: ClassVar[dict[str, Field]] = {
        "container_access_type": At(
            "properties.publicAccess",
            lambda word: ACCESS[word],
            lambda word: next(ours for ours, theirs in ACCESS.items() if theirs == word),
        ),
        "metadata": At("properties.metadata"),
        "default_encryption_scope": At("properties.defaultEncryptionScope"),
        "encryption_scope_override_enabled": opposite("properties.denyEncryptionScopeOverride"),
        "has_immutability_policy": Out("properties.hasImmutabilityPolicy"),
        "has_legal_hold": Out("properties.hasLegalHold"),
        "resource_manager_id": Out("id"),
    }
