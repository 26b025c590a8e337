"""databricks_quality_monitor."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from rehearsal.provider import values
from rehearsal.provider.kind import Kind, Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

# What is Terraform's own, or read back as it was set.
_NOT_SENT = frozenset({"id", "table_name", "provider_config"})
_NOT_READ = frozenset({"skip_builtin_dashboard", "warehouse_id"})


class QualityMonitor(Kind):
    """The monitor of a table; its id is the table's name."""

    name = "quality_monitor"
    force_new = frozenset({"table_name"})
    quiet = frozenset({"latest_monitor_failure_msg"})
    volatile = frozenset({"monitor_version"})
    single = ("inference_log", "time_series", "snapshot", "schedule", "notifications", "data_classification_config")

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create it; its metric tables are there when the call returns."""
        api.do("POST", _path(wanted["table_name"]), body=self._settings(wanted))
        return str(wanted["table_name"])

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The monitor. The API does not tell the warehouse, nor whether a dashboard was wanted."""
        answer = api.do("GET", _path(identifier))
        assert isinstance(answer, dict)
        answer = {"schedule": None, "notifications": None, "custom_metrics": [], "slicing_exprs": [], **answer}
        shaped = values.shaped(self.block, {name: v for name, v in answer.items() if name not in _NOT_READ})
        for item in shaped.get("notifications") or []:
            item["on_failure"] = item.get("on_failure") or []
        return shaped

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Replace the settings."""
        api.do("PUT", _path(identifier), body=self._settings(wanted))
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete it; the metric tables stay."""
        api.do("DELETE", _path(identifier))

    def _settings(self, wanted: Values) -> Values:
        """The schema has lists where the API has objects (the bindings do not say which blocks occur once)."""
        given = self.document({name: value for name, value in wanted.items() if name not in _NOT_SENT})
        for name in self.single:
            if given.get(name):
                given[name] = given[name][0]
        for event, told in (given.get("notifications") or {}).items():
            given["notifications"][event] = told[0] if isinstance(told, list) else told
        return given


def _path(table_name: str) -> str:
    return f"/api/2.1/unity-catalog/tables/{quote(table_name)}/monitor"
