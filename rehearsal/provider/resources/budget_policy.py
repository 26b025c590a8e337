"""databricks_budget_policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider import values
from rehearsal.provider.kind import Kind, Values
from rehearsal.provider.resources.account_level import account_path

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

SENT = ("policy_name", "custom_tags", "binding_workspace_ids")


class BudgetPolicy(Kind):
    """Tags under which serverless usage is billed. The real resource has no `id`: its policy id is it."""

    name = "budget_policy"
    identity = "policy_id"
    computed = frozenset({"policy_id"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create it."""
        answer = api.do("POST", _path(api), body={"policy": self.document(wanted, *SENT)})
        assert isinstance(answer, dict)
        return str(answer["policy_id"])

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The policy."""
        answer = api.do("GET", f"{_path(api)}/{identifier}")
        assert isinstance(answer, dict)
        return values.shaped(self.block, {"custom_tags": [], **answer})

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Put all of it anew."""
        api.do("PATCH", f"{_path(api)}/{identifier}", body=self.document(wanted, *SENT))
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete it."""
        api.do("DELETE", f"{_path(api)}/{identifier}")


def _path(api: ApiClient) -> str:
    return account_path(api, "budget-policies", "2.1")
