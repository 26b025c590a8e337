"""databricks_mws_permission_assignment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider.kind import Kind, Values
from rehearsal.provider.resources.account_level import account_path

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient


class MwsPermissionAssignment(Kind):
    """A principal of the account as user or administrator of a workspace. Its id is both numbers, joined by a bar."""

    name = "mws_permission_assignment"
    force_new = frozenset({"workspace_id", "principal_id"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Assign the principal."""
        self._put(api, wanted)
        return f"{wanted['workspace_id']}|{wanted['principal_id']}"

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The principal's permissions, looked up in the workspace's list: the API has no request for one."""
        from databricks.sdk.errors import NotFound

        workspace_id, _, principal_id = identifier.partition("|")
        answer = api.do("GET", account_path(api, f"workspaces/{workspace_id}/permissionassignments"))
        assert isinstance(answer, dict)
        for assignment in answer.get("permission_assignments", []):
            if assignment["principal"]["principal_id"] == int(principal_id):
                return {
                    "workspace_id": int(workspace_id),
                    "principal_id": int(principal_id),
                    "permissions": assignment["permissions"],
                }
        raise NotFound(f"principal {principal_id} is not assigned to workspace {workspace_id}")

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Change the permissions."""
        self._put(api, wanted)
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Take the assignment away."""
        api.do("DELETE", _path(api, known))

    def _put(self, api: ApiClient, wanted: Values) -> None:
        api.do("PUT", _path(api, wanted), body={"permissions": sorted(wanted["permissions"])})


def _path(api: ApiClient, wanted: Values) -> str:
    principal = f"permissionassignments/principals/{wanted['principal_id']}"
    return account_path(api, f"workspaces/{wanted['workspace_id']}/{principal}")
