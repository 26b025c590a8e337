"""databricks_access_control_rule_set: who holds which role on something of the account. Other rules are taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider.kind import Kind, Values
from rehearsal.provider.resources.account_level import account_id

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient


class AccessControlRuleSet(Kind):
    """A rule set, of the account or by a workspace. Its name is its id; what it is of has it already."""

    name = "access_control_rule_set"
    force_new = frozenset({"name"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Replace whatever rules there are."""
        return self.update(api, wanted["name"], {}, wanted)

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The rules. Their version is not kept: each change is made to the newest one."""
        found = _get(api, identifier)
        return {"name": found["name"], "etag": "", "grant_rules": found.get("grant_rules", [])}

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Replace the rules."""
        _put(api, identifier, self.document(wanted, "grant_rules"))
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Leave no rule; administrators of the account still can make some."""
        _put(api, identifier, {})


def _get(api: ApiClient, name: str) -> Values:
    answer = api.do("GET", _path(api), query={"name": name, "etag": ""})
    assert isinstance(answer, dict)
    return answer


def _put(api: ApiClient, name: str, rules: Values) -> None:
    rule_set = {"name": name, "etag": _get(api, name)["etag"], **rules}
    api.do("PUT", _path(api), body={"name": name, "rule_set": rule_set})


def _path(api: ApiClient) -> str:
    number = account_id(api)
    return f"/api/2.0/preview/accounts{f'/{number}' if number else ''}/access-control/rule-sets"
