"""Own policy: Terraform refuses to destroy what holds prod's data, models and secrets."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck


class ProdIsProtected(BaseResourceCheck):  # type: ignore[misc]
    """A resource that is replaced loses what it holds: in prod that fails before anything is lost."""

    def __init__(self) -> None:
        super().__init__(
            name="What holds prod's data, models and secrets cannot be destroyed",
            id="CKV_UNDERSTUDY_5",
            categories=[CheckCategories.BACKUP_AND_RECOVERY],
            supported_resources=[
                "azurerm_databricks_workspace",
                "azurerm_key_vault",
                "azurerm_storage_account",
                "azurerm_storage_container",
                "databricks_catalog",
                "databricks_external_location",
                "databricks_registered_model",
                "databricks_schema",
                "databricks_sql_table",
            ],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Fail in prod's stacks without prevent_destroy."""
        if not any(stack in self.entity_path for stack in ("/prod/", "/prod-workspace/")):
            return CheckResult.PASSED
        (lifecycle,) = conf.get("lifecycle") or [{}]
        return CheckResult.PASSED if _one(lifecycle.get("prevent_destroy")) is True else CheckResult.FAILED


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


check = ProdIsProtected()
