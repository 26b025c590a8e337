"""databricks_alert_v2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider import values
from rehearsal.provider.kind import Kind, Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.0/alerts"
SET = (
    "custom_description", "custom_summary", "display_name", "evaluation", "parent_path", "query_text", "run_as",
    "run_as_user_name", "schedule", "warehouse_id",
)  # fmt: skip


class AlertV2(Kind):
    """An SQL alert."""

    name = "alert_v2"
    computed = frozenset({"run_as_user_name"})
    answered = frozenset({"parent_path"})
    quiet = frozenset({"run_as", "run_as_user_name", "custom_description", "custom_summary"})
    volatile = frozenset({"update_time"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create it; it starts in state UNKNOWN."""
        answer = api.do("POST", ROOT, body=self.document(wanted, *SET))
        assert isinstance(answer, dict)
        return str(answer["id"])

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The alert. A trashed one can be restored by hand, but for Terraform it is gone."""
        from databricks.sdk.errors import NotFound

        answer = api.do("GET", f"{ROOT}/{identifier}")
        assert isinstance(answer, dict)
        if answer["lifecycle_state"] != "ACTIVE":
            raise NotFound(f"alert {identifier} is in the trash", error_code="RESOURCE_DOES_NOT_EXIST")
        return values.shaped(self.block, {"run_as": None, "run_as_user_name": None, **answer})

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Replace all that can be set."""
        query = {"update_mask": ",".join(SET)}
        api.do("PATCH", f"{ROOT}/{identifier}", query=query, body=self.document(wanted, *SET))
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Put it into the trash."""
        api.do("DELETE", f"{ROOT}/{identifier}")
