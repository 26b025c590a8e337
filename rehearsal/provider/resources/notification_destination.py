"""databricks_notification_destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.provider import values
from rehearsal.provider.kind import Kind, Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.0/notification-destinations"


class NotificationDestination(Kind):
    """Where word is sent. Secrets are never read back: while the workspace says that one is set, the state's stands."""

    name = "notification_destination"
    computed = frozenset({"destination_type"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create it."""
        answer = api.do("POST", ROOT, body=self.document(wanted, "display_name", "config"))
        assert isinstance(answer, dict)
        return str(answer["id"])

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The destination, its secrets filled in from the state."""
        answer = api.do("GET", f"{ROOT}/{identifier}")
        assert isinstance(answer, dict)
        mine = self.document(known, "config").get("config", {})
        config = {kind: _with_secrets(theirs, mine.get(kind, {})) for kind, theirs in answer["config"].items()}
        return values.shaped(self.block, {**answer, "config": config})

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Change it. The type cannot change, and the API says so."""
        api.do("PATCH", f"{ROOT}/{identifier}", body=self.document(wanted, "display_name", "config"))
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete it."""
        api.do("DELETE", f"{ROOT}/{identifier}")


def _with_secrets(theirs: dict[str, Any], mine: dict[str, Any]) -> dict[str, Any]:
    secrets = {name.removesuffix("_set") for name, is_set in theirs.items() if name.endswith("_set") and is_set}
    shown = {name: value for name, value in theirs.items() if not name.endswith("_set")}
    return {**shown, **{name: mine[name] for name in secrets if name in mine}}
