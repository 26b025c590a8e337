"""databricks_directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rehearsal.provider import values
from rehearsal.provider.kind import Kind, Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.0/workspace"


class Directory(Kind):
    """A directory of the workspace's file tree; its id is its path."""

    name = "directory"
    computed = frozenset({"object_id"})
    defaults: ClassVar[Values] = {"delete_recursive": False}
    force_new = frozenset({"path"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create it, with its parents."""
        api.do("POST", f"{ROOT}/mkdirs", body={"path": wanted["path"]})
        return str(wanted["path"])

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The directory's id and path."""
        answer = api.do("GET", f"{ROOT}/get-status", query={"path": identifier})
        assert isinstance(answer, dict)
        if answer["object_type"] != "DIRECTORY":
            raise ValueError(f"{identifier} is a {answer['object_type']}, not a directory")
        return {**values.shaped(self.block, answer), "workspace_path": f"/Workspace{identifier}"}

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Only `delete_recursive` can change, which the workspace does not know of."""
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete; refused when not empty, unless `delete_recursive`."""
        api.do("POST", f"{ROOT}/delete", body={"path": identifier, "recursive": bool(known["delete_recursive"])})
