"""Own policy: in prod no group may change a job, an endpoint, an experiment or a secret; running and reading is all."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

# CAN_MANAGE_RUN starts and repairs runs of a job as it is.
HARMLESS = {"CAN_MANAGE_RUN", "CAN_MONITOR", "CAN_QUERY", "CAN_READ", "CAN_RUN", "CAN_USE", "CAN_VIEW", "READ"}


class NoChangingPeopleInProd(BaseResourceCheck):  # type: ignore[misc]
    """What prod runs comes from the repository: nobody changes it by hand."""

    def __init__(self) -> None:
        super().__init__(
            name="No group may change workspace objects in prod",
            id="CKV_UNDERSTUDY_2",
            categories=[CheckCategories.IAM],
            supported_resources=["databricks_permissions", "databricks_secret_acl"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Fail on the first level of a person or group that changes something."""
        if "/prod/" not in self.entity_path:
            return CheckResult.PASSED
        levels = [
            _one(entry["permission_level"])
            for entry in conf.get("access_control", [])
            if "group_name" in entry or "user_name" in entry
        ]
        if "service_principal" not in str(_one(conf.get("principal", "service_principal"))):
            levels.append(_one(conf["permission"]))
        return CheckResult.PASSED if set(levels) <= HARMLESS else CheckResult.FAILED


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


check = NoChangingPeopleInProd()
