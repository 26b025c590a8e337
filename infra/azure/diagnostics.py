"""Who did what, and how it went: logs and metrics of the resources, kept in a Log Analytics workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdktf_cdktf_provider_azurerm.log_analytics_workspace import LogAnalyticsWorkspace
from cdktf_cdktf_provider_azurerm.monitor_diagnostic_setting import (
    MonitorDiagnosticSetting,
    MonitorDiagnosticSettingEnabledLog,
    MonitorDiagnosticSettingEnabledMetric,
)
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct

from environments.settings import Environment
from infra.azure.names import azure_name
from infra.tags import tags


@dataclass(frozen=True)
class Observed:
    """A resource, and which metrics it has; all its logs are kept."""

    resource_id: str
    metrics: tuple[str, ...] = ()


def add_diagnostics(
    scope: Construct, environment: Environment, group: ResourceGroup, resources: Mapping[str, Observed]
) -> None:
    """Add the Log Analytics workspace and let each of the resources, by a name, write to it."""
    logs = LogAnalyticsWorkspace(
        scope,
        "logs",
        name=azure_name(environment, "log analytics workspace"),
        location=group.location,
        resource_group_name=group.name,
        sku="PerGB2018",
        retention_in_days=environment.azure.log_retention_days,
        local_authentication_enabled=False,
        tags=tags(environment),
    )
    for name, observed in resources.items():
        MonitorDiagnosticSetting(
            scope,
            f"logs-{name}",
            name=azure_name(environment, "diagnostic setting"),
            target_resource_id=observed.resource_id,
            log_analytics_workspace_id=logs.id,
            enabled_log=[MonitorDiagnosticSettingEnabledLog(category_group="allLogs")],
            enabled_metric=[MonitorDiagnosticSettingEnabledMetric(category=metric) for metric in observed.metrics]
            or None,
        )
