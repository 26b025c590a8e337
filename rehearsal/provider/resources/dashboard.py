"""databricks_dashboard: a Lakeview dashboard, published whenever it changes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rehearsal.provider import values
from rehearsal.provider.kind import Kind, Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.0/lakeview/dashboards"
_CONTENT = ("serialized_dashboard", "file_path")


class Dashboard(Kind):
    """A dashboard. Its content is compared by the workspace's etag: another one means that somebody has edited it."""

    name = "dashboard"
    computed = frozenset({"create_time", "dashboard_id", "etag", "lifecycle_state", "md5", "path", "update_time"})
    defaults: ClassVar[Values] = {"embed_credentials": True, "dashboard_change_detected": False}
    force_new = frozenset({"parent_path"})
    volatile = frozenset({"etag", "update_time"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create the draft; a folder that is missing is made, as the real provider does."""
        from databricks.sdk.errors import NotFound

        body = self._draft(wanted)
        try:
            answer = api.do("POST", ROOT, body=body)
        except NotFound:
            api.do("POST", "/api/2.0/workspace/mkdirs", body={"path": wanted["parent_path"]})
            answer = api.do("POST", ROOT, body=body)
        assert isinstance(answer, dict)
        return str(answer["dashboard_id"])

    def finish(self, api: ApiClient, identifier: str, wanted: Values) -> None:
        """Publish it."""
        self._publish(api, identifier, wanted)

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The draft, less its content: a changed etag says that it is not Terraform's any more."""
        from databricks.sdk.errors import NotFound

        answer = api.do("GET", f"{ROOT}/{identifier}")
        assert isinstance(answer, dict)
        if answer["lifecycle_state"] == "TRASHED":
            raise NotFound(f"dashboard {identifier} is in the trash", error_code="RESOURCE_DOES_NOT_EXIST")
        edited = bool(known.get("etag")) and known["etag"] != answer["etag"]
        remote = {**answer, "parent_path": known.get("parent_path") or answer["parent_path"]}
        if not edited and known.get("serialized_dashboard") is not None:
            remote.pop("serialized_dashboard")
        if known.get("file_path"):
            remote.pop("serialized_dashboard", None)
        return {**values.shaped(self.block, remote), "dashboard_change_detected": edited, "md5": _md5(known)}

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Change the draft and publish it."""
        api.do("PATCH", f"{ROOT}/{identifier}", body=self._draft(wanted))
        self._publish(api, identifier, wanted)
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Move it to the trash."""
        api.do("DELETE", f"{ROOT}/{identifier}")

    def plan(self, before: Values, wanted: Values) -> Values:
        """The checksum of the content that will be there."""
        return {"md5": _md5(wanted)}

    def _draft(self, wanted: Values) -> Values:
        body = self.document(wanted, "display_name", "parent_path", "warehouse_id")
        return {**body, "serialized_dashboard": _content(wanted)}

    def _publish(self, api: ApiClient, identifier: str, wanted: Values) -> None:
        body = {"warehouse_id": wanted["warehouse_id"], "embed_credentials": wanted["embed_credentials"]}
        api.do("POST", f"{ROOT}/{identifier}/published", body=body)


def _content(wanted: Values) -> str:
    if wanted.get("file_path"):
        return Path(wanted["file_path"]).read_text(encoding="utf-8")
    return str(wanted.get("serialized_dashboard") or "")


def _md5(wanted: Values) -> Any:
    if not isinstance(wanted.get("serialized_dashboard"), str) and not wanted.get("file_path"):
        return None
    return hashlib.md5(_content(wanted).encode(), usedforsecurity=False).hexdigest()
