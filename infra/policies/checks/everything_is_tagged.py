"""Own policy: each resource that can bear tags says its project, its environment and who pays."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

REQUIRED = {"cost_center", "environment", "project"}
TAGGABLE = {
    "azurerm_databricks_access_connector": "tags",
    "azurerm_databricks_workspace": "tags",
    "azurerm_key_vault": "tags",
    "azurerm_log_analytics_workspace": "tags",
    "azurerm_logic_app_workflow": "tags",
    "azurerm_nat_gateway": "tags",
    "azurerm_network_security_group": "tags",
    "azurerm_private_dns_zone": "tags",
    "azurerm_private_dns_zone_virtual_network_link": "tags",
    "azurerm_private_endpoint": "tags",
    "azurerm_public_ip": "tags",
    "azurerm_resource_group": "tags",
    "azurerm_storage_account": "tags",
    "azurerm_user_assigned_identity": "tags",
    "azurerm_virtual_network": "tags",
    "databricks_budget_policy": "custom_tags",
    # Unity Catalog's own tags need SQL or another resource; properties are what these bear in place.
    "databricks_catalog": "properties",
    "databricks_job": "tags",
    "databricks_mlflow_experiment": "tags",
    "databricks_model_serving": "tags",
    "databricks_schema": "properties",
    "databricks_sql_endpoint": "tags",
    "databricks_sql_table": "properties",
}


class EverythingIsTagged(BaseResourceCheck):  # type: ignore[misc]
    """Costs are told apart by tags, and whoever finds a resource sees whose it is."""

    def __init__(self) -> None:
        super().__init__(
            name="A resource that can bear tags says its project, its environment and who pays",
            id="CKV_UNDERSTUDY_4",
            categories=[CheckCategories.CONVENTION],
            supported_resources=sorted(TAGGABLE),
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Fail when one of the required tags is missing."""
        found = set(_keys(conf.get(TAGGABLE[self.entity_type], [])))
        return CheckResult.PASSED if found >= REQUIRED else CheckResult.FAILED


def _keys(tags: Any) -> list[str]:
    """Keys of a mapping, or of a list of {key, value}; a SQL warehouse holds such a list in `custom_tags`."""
    if isinstance(tags, list):
        return [key for item in tags for key in _keys(item)]
    if "custom_tags" in tags:
        return _keys(tags["custom_tags"])
    if {"key", "value"} <= tags.keys():
        return [tags["key"][0] if isinstance(tags["key"], list) else tags["key"]]
    return list(tags)


check = EverythingIsTagged()
