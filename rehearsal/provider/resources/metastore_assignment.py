"""databricks_metastore_assignment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider.kind import Kind, Values
from rehearsal.provider.resources.account_level import account_path

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient


class MetastoreAssignment(Kind):
    """A workspace's metastore. Its id is both ids, joined by a bar."""

    name = "metastore_assignment"
    computed = frozenset({"default_catalog_name"})
    force_new = frozenset({"workspace_id", "metastore_id"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Assign it."""
        api.do("POST", _path(api, wanted), body={"metastore_assignment": _assignment(wanted)})
        return f"{wanted['workspace_id']}|{wanted['metastore_id']}"

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The assignment that the workspace has."""
        workspace_id = identifier.partition("|")[0]
        answer = api.do("GET", account_path(api, f"workspaces/{workspace_id}/metastore"))
        assert isinstance(answer, dict)
        assignment = answer["metastore_assignment"]
        return {
            "workspace_id": int(workspace_id),
            "metastore_id": assignment["metastore_id"],
            "default_catalog_name": assignment.get("default_catalog_name", ""),
        }

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Change the default catalog."""
        api.do("PUT", _path(api, wanted), body={"metastore_assignment": _assignment(wanted)})
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Take the assignment away."""
        api.do("DELETE", _path(api, known))


def _path(api: ApiClient, wanted: Values) -> str:
    return account_path(api, f"workspaces/{wanted['workspace_id']}/metastores/{wanted['metastore_id']}")


def _assignment(wanted: Values) -> Values:
    names = ("workspace_id", "metastore_id", "default_catalog_name")
    return {name: wanted[name] for name in names if wanted.get(name) is not None}
