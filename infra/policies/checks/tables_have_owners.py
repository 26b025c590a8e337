"""Own policy: tables and models are owned by a service principal, never by who happened to deploy them."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck


class TablesHaveOwners(BaseResourceCheck):  # type: ignore[misc]
    """The owner may do everything with a table or model; the jobs write them, so it is the jobs' identity."""

    def __init__(self) -> None:
        super().__init__(
            name="A table or model is owned by a service principal",
            id="CKV_UNDERSTUDY_6",
            categories=[CheckCategories.IAM],
            supported_resources=["databricks_registered_model", "databricks_sql_table"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Fail without an owner that refers to a service principal."""
        (owner,) = conf.get("owner") or [""]
        return CheckResult.PASSED if "service_principal" in str(owner) else CheckResult.FAILED


check = TablesHaveOwners()
