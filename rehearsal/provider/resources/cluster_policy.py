"""databricks_cluster_policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider import values
from rehearsal.provider.kind import Kind, Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.0/policies/clusters"
EDITABLE = (
    "name", "definition", "description", "max_clusters_per_user", "libraries", "policy_family_id",
    "policy_family_definition_overrides",
)  # fmt: skip


class ClusterPolicy(Kind):
    """What clusters that people make may be. Its id is the policy's."""

    name = "cluster_policy"
    computed = frozenset({"definition"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create it."""
        answer = api.do("POST", f"{ROOT}/create", body=self.document(wanted, *EDITABLE))
        assert isinstance(answer, dict)
        return str(answer["policy_id"])

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The policy; white space in its definition does not matter."""
        answer = api.do("GET", f"{ROOT}/get", query={"policy_id": identifier})
        assert isinstance(answer, dict)
        remote = {"description": None, "max_clusters_per_user": None, "libraries": [], **answer}
        mine, theirs = (str(text or "") for text in (known.get("definition"), answer.get("definition")))
        if "".join(mine.split()) == "".join(theirs.split()):
            remote["definition"] = known["definition"]
        return values.shaped(self.block, remote)

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Replace what it says."""
        api.do("POST", f"{ROOT}/edit", body={"policy_id": identifier, **self.document(wanted, *EDITABLE)})
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete it."""
        api.do("POST", f"{ROOT}/delete", body={"policy_id": identifier})
