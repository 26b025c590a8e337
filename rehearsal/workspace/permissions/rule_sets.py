"""Rule sets: who holds which role on what belongs to the account, a service principal or a budget policy.

They stand beside the access control lists of a workspace's objects, and administrators do not get around them: managing
a service principal is not acting as it. A set is replaced as a whole, by who read its newest version.
https://docs.databricks.com/api/azure/account/accountaccesscontrol
"""

from __future__ import annotations

import re

from databricks.sdk.service.iam import GrantRule, RuleSetResponse, RuleSetUpdateRequest

from rehearsal.workspace.context import EVERYBODY, Principal
from rehearsal.workspace.errors import DatabricksError, denied, invalid, not_found
from rehearsal.workspace.identity import directory
from rehearsal.workspace.identity.directory import Kind
from rehearsal.workspace.identity.installation import ACCOUNT_ID
from rehearsal.workspace.store import Body, Transaction

KIND = "rule_set"
SERVICE_PRINCIPALS, BUDGET_POLICIES = "servicePrincipals", "budgetPolicies"
MANAGER, USER = "manager", "user"
# What a collection's roles are called by, and among which documents one finds what is in it.
_COLLECTIONS = {
    SERVICE_PRINCIPALS: ("servicePrincipal", "service_principal_name"),
    BUDGET_POLICIES: ("budgetPolicy", "budget_policy"),
}
_NAME = re.compile(rf"accounts/{ACCOUNT_ID}/(?P<collection>\w+)/(?P<key>[^/]+)/ruleSets/default")
_PRINCIPALS: dict[str, Kind] = {"users": "user", "groups": "group", "servicePrincipals": "service_principal"}


def get(tx: Transaction, caller: Principal, name: str) -> RuleSetResponse:
    """The rule set of that name. Raises DatabricksError 400, 403, 404."""
    collection, key = _found(tx, name)
    _require_management(tx, caller, collection, key)
    return _shown(tx, collection, key)


def replace(tx: Transaction, caller: Principal, name: str, wanted: RuleSetUpdateRequest) -> RuleSetResponse:
    """Put the rules in place of those there are. Raises DatabricksError 400, 403, 404, or 409 for an old etag."""
    collection, key = _found(tx, name)
    _require_management(tx, caller, collection, key)
    if wanted.name != name:
        raise invalid(f"The rule set is named {wanted.name!r} in rule_set, and {name!r} outside of it.")
    if wanted.etag != _shown(tx, collection, key).etag:
        raise DatabricksError(
            409, "RESOURCE_CONFLICT", f"Rule set {name} has changed since it was read; read it again."
        )
    rules = wanted.grant_rules or []
    for rule in rules:
        _check(tx, collection, rule)
    _put(tx, collection, key, [rule.as_dict() for rule in rules if rule.principals])
    return _shown(tx, collection, key)


def announce(tx: Transaction, collection: str, key: str, creator: Principal) -> None:
    """Let who has made something manage it."""
    _put(tx, collection, key, [{"role": _role(collection, MANAGER), "principals": [_called(creator)]}])


def forget(tx: Transaction, collection: str, key: str) -> None:
    """Drop the rules of what is deleted."""
    tx.delete(KIND, f"{collection}/{key}")


def forget_principal(tx: Transaction, kind: Kind, name: str) -> None:
    """Take a principal that is deleted out of all rules, and drop his own."""
    gone = next(f"{prefix}/{name}" for prefix, known in _PRINCIPALS.items() if known == kind)
    for path, stored in tx.items(KIND):
        rules = [{**rule, "principals": [p for p in rule["principals"] if p != gone]} for rule in stored["grant_rules"]]
        if rules != stored["grant_rules"]:
            collection, _, key = path.partition("/")
            _put(tx, collection, key, [rule for rule in rules if rule["principals"]])
    if kind == "service_principal":
        forget(tx, SERVICE_PRINCIPALS, name)


def holds(tx: Transaction, principal: Principal, collection: str, key: str, role: str) -> bool:
    """Does the principal hold the role, himself or by a group?"""
    called = {_called(principal), *(f"groups/{group}" for group in principal.groups | {EVERYBODY})}
    rules = (tx.get(KIND, f"{collection}/{key}") or {}).get("grant_rules", [])
    return any(rule["role"] == _role(collection, role) and called & set(rule["principals"]) for rule in rules)


def _found(tx: Transaction, name: str) -> tuple[str, str]:
    """Collection and key of what the rule set is of."""
    parts = _NAME.fullmatch(name)
    if parts is None or parts["collection"] not in _COLLECTIONS:
        expected = " or ".join(
            f"accounts/{ACCOUNT_ID}/{collection}/<id>/ruleSets/default" for collection in _COLLECTIONS
        )
        raise invalid(f"{name!r} is no rule set of this account that is supported; expected {expected}.")
    if tx.get(_COLLECTIONS[parts["collection"]][1], parts["key"]) is None:
        raise not_found(f"{parts['collection']}/{parts['key']} does not exist in the account.")
    return parts["collection"], parts["key"]


def _require_management(tx: Transaction, caller: Principal, collection: str, key: str) -> None:
    if not caller.is_admin and not holds(tx, caller, collection, key, MANAGER):
        raise denied(f"{caller.name} does not hold {_role(collection, MANAGER)} on {collection}/{key}.")


def _check(tx: Transaction, collection: str, rule: GrantRule) -> None:
    roles = [_role(collection, role) for role in (MANAGER, USER)]
    if rule.role not in roles:
        raise invalid(f"Role {rule.role!r} cannot be granted on {collection}; expected {' or '.join(roles)}.")
    for principal in rule.principals or []:
        prefix, _, name = principal.partition("/")
        known = prefix in _PRINCIPALS and directory.by_name(tx, _PRINCIPALS[prefix], name) is not None
        # The account knows nothing of the groups that each workspace has of its own.
        if principal != f"groups/{EVERYBODY}" and (not known or name in directory.SYSTEM_GROUPS):
            raise invalid(f"Principal {principal!r} does not exist in the account.")


def _shown(tx: Transaction, collection: str, key: str) -> RuleSetResponse:
    stored = tx.get(KIND, f"{collection}/{key}") or {"version": 0, "grant_rules": []}
    rules = [GrantRule.from_dict(rule) for rule in stored["grant_rules"]]
    name = f"accounts/{ACCOUNT_ID}/{collection}/{key}/ruleSets/default"
    return RuleSetResponse(name=name, etag=str(stored["version"]), grant_rules=rules)


def _put(tx: Transaction, collection: str, key: str, rules: list[Body]) -> None:
    before = tx.get(KIND, f"{collection}/{key}") or {"version": 0}
    tx.put(KIND, f"{collection}/{key}", {"version": before["version"] + 1, "grant_rules": rules})


def _role(collection: str, role: str) -> str:
    return f"roles/{_COLLECTIONS[collection][0]}.{role}"


def _called(principal: Principal) -> str:
    return f"{'users' if principal.kind == 'user' else 'servicePrincipals'}/{principal.name}"
