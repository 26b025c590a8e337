"""Own policy: in prod no group holds a privilege that writes, but for three of narrow purpose.

Feeds land files in a volume; ML engineers approve versions of a model by a tag; who deploys alters tables.
"""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

SECURABLES = ("catalog", "schema", "volume", "model", "external_location", "storage_credential")
READS = {"BROWSE", "EXECUTE", "READ_VOLUME", "SELECT", "USE_CATALOG", "USE_SCHEMA"}
ALSO = {
    ("data-producers", "volume"): {"WRITE_VOLUME"},
    ("ml-engineers", "model"): {"APPLY_TAG"},
    ("platform-engineers", "schema"): {"MODIFY"},
}


class NoWritingPeopleInProd(BaseResourceCheck):  # type: ignore[misc]
    """Only service principals write in prod: what is there came by jobs."""

    def __init__(self) -> None:
        super().__init__(
            name="No group holds a privilege that writes in prod",
            id="CKV_UNDERSTUDY_1",
            categories=[CheckCategories.IAM],
            supported_resources=["databricks_grants"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Fail on a grant that writes to a group, and on securables that the policy does not know."""
        kind = next((kind for kind in SECURABLES if kind in conf), None)
        if "/prod/" not in self.entity_path:
            return CheckResult.PASSED
        for grant in conf.get("grant", []):
            principal = str(_one(grant["principal"]))
            allowed = READS | ALSO.get((principal, str(kind)), set())
            if "service_principal" not in principal and not set(_flat(grant["privileges"])) <= allowed:
                return CheckResult.FAILED
        return CheckResult.PASSED if kind else CheckResult.FAILED


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def _flat(value: Any) -> list[str]:
    """Checkov wraps attributes in lists, some of them twice."""
    return [text for item in value for text in _flat(item)] if isinstance(value, list) else [value]


check = NoWritingPeopleInProd()
