"""Log Analytics workspaces and diagnostic settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rehearsal.provider.azure.fields import At, Block, Field, Out, flag, opposite
from rehearsal.provider.azure.places import InGroup
from rehearsal.provider.azure.resource import LOCATION, TAGS, AzureResource
from rehearsal.provider.kind import Values

if TYPE_CHECKING:
    from rehearsal.provider.azure.client import ArmClient


class LogAnalyticsWorkspace(AzureResource):
    """Where logs are kept."""

    name = "log_analytics_workspace"
    place = InGroup("Microsoft.OperationalInsights/workspaces")
    computed = frozenset({"sku", "retention_in_days", "local_authentication_enabled", "local_authentication_disabled"})
    defaults: ClassVar[Values] = {
        "allow_resource_only_permissions": True,
        "internet_ingestion_enabled": True,
        "internet_query_enabled": True,
        "daily_quota_gb": -1,
    }
    fields: ClassVar[dict[str, Field]] = {
        "location": LOCATION,
        "tags": TAGS,
        "sku": At("properties.sku.name"),
        "retention_in_days": At("properties.retentionInDays"),
        "daily_quota_gb": At("properties.workspaceCapping.dailyQuotaGb"),
        "allow_resource_only_permissions": At("properties.features.enableLogAccessUsingOnlyResourcePermissions"),
        "local_authentication_enabled": opposite("properties.features.disableLocalAuth"),
        "local_authentication_disabled": Out("properties.features.disableLocalAuth"),  # its name until version 5
        "internet_ingestion_enabled": flag("properties.publicNetworkAccessForIngestion"),
        "internet_query_enabled": flag("properties.publicNetworkAccessForQuery"),
        "workspace_id": Out("properties.customerId"),
    }


class Setting:
    """Where a diagnostic setting is: Terraform joins the resource's id and the setting's name by a bar."""

    attributes = frozenset({"target_resource_id", "name"})

    def id(self, subscription: str, wanted: Values) -> str:
        """The id."""
        return f"{wanted['target_resource_id']}|{wanted['name']}"

    def parts(self, identifier: str) -> Values:
        """Resource and name."""
        target, _, name = identifier.partition("|")
        return {"target_resource_id": target, "name": name}


class MonitorDiagnosticSetting(AzureResource):
    """Which logs and metrics of a resource go where."""

    name = "monitor_diagnostic_setting"
    place = Setting()
    computed = frozenset({"log_analytics_destination_type"})
    fields: ClassVar[dict[str, Field]] = {
        "log_analytics_workspace_id": At("properties.workspaceId"),
        "log_analytics_destination_type": At("properties.logAnalyticsDestinationType"),
        "storage_account_id": At("properties.storageAccountId"),
        "enabled_log": Block(
            "properties.logs", {"category": At("category"), "category_group": At("categoryGroup")}, many=True
        ),
        "enabled_metric": Block("properties.metrics", {"category": At("category")}, many=True),
    }

    def path(self, identifier: str) -> str:
        """Azure's id."""
        return identifier.replace("|", "/providers/Microsoft.Insights/diagnosticSettings/")

    def write(self, api: ArmClient, wanted: Values, document: Values) -> None:
        """What is listed is enabled."""
        super().write(api, wanted, document)
        for category in (*document["properties"].get("logs", []), *document["properties"].get("metrics", [])):
            category["enabled"] = True
