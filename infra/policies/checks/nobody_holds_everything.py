"""Own policy: nothing is granted to everybody, and nobody is granted everything."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

# Groups that hold every user of the account or of the workspace, by Databricks' own names.
EVERYBODY = {"account users", "users"}
# MANAGE grants to others whatever it likes.
EVERYTHING = {"ALL_PRIVILEGES", "ALL PRIVILEGES", "MANAGE"}


class NobodyHoldsEverything(BaseResourceCheck):  # type: ignore[misc]
    """Least privilege: each privilege has a principal and a reason."""

    def __init__(self) -> None:
        super().__init__(
            name="Nothing is granted to everybody, and nobody is granted everything",
            id="CKV_UNDERSTUDY_3",
            categories=[CheckCategories.IAM],
            supported_resources=["databricks_grants", "databricks_permissions", "databricks_secret_acl"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Fail on a principal or a privilege that is too wide."""
        entries = [*conf.get("grant", []), *conf.get("access_control", []), conf]
        principals = {
            text for entry in entries for key in ("principal", "group_name") for text in _flat(entry.get(key))
        }
        privileges = {text for entry in entries for text in _flat(entry.get("privileges"))}
        return CheckResult.FAILED if principals & EVERYBODY or privileges & EVERYTHING else CheckResult.PASSED


def _flat(value: Any) -> list[str]:
    """Checkov wraps attributes in lists, some of them twice."""
    return [text for item in value for text in _flat(item)] if isinstance(value, list) else [value]


check = NobodyHoldsEverything()
