"""Budget policies: the tags under which serverless usage is billed, for those who may use them."""

from __future__ import annotations

import uuid

from databricks.sdk.service.billing import BudgetPolicy

from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import already_exists, denied, invalid, not_found
from rehearsal.workspace.permissions import rule_sets
from rehearsal.workspace.store import Body, Transaction

KIND = "budget_policy"
MAX_TAGS = 20


def create(tx: Transaction, creator: Principal, body: Body) -> Body:
    """A new policy, its creator's. Raises DatabricksError: 400 without a name, 409 when it is taken."""
    policy = parsed(BudgetPolicy, body)
    policy.policy_id = str(uuid.uuid4())
    made = _stored(tx, policy)
    rule_sets.announce(tx, rule_sets.BUDGET_POLICIES, policy.policy_id, creator)
    return made


def get(tx: Transaction, policy_id: str) -> Body:
    """One policy. Raises DatabricksError 404."""
    found = tx.get(KIND, policy_id)
    if found is None:
        raise not_found(f"Budget policy {policy_id} does not exist.")
    return found


def require_use(tx: Transaction, principal: Principal, policy_id: str | None) -> None:
    """Refuse a principal who may not use the policy that he names, if he does. Raises DatabricksError 400, 403.

    https://learn.microsoft.com/azure/databricks/admin/usage/budget-policies
    """
    if policy_id is None:
        return
    if tx.get(KIND, policy_id) is None:
        raise invalid(f"Budget policy {policy_id} does not exist.")
    roles = (rule_sets.USER, rule_sets.MANAGER)  # of policies, unlike of service principals, managers are users, too
    if not any(rule_sets.holds(tx, principal, rule_sets.BUDGET_POLICIES, policy_id, role) for role in roles):
        raise denied(f"User {principal.name} does not have permission to use budget policy {policy_id}.")


def listed(tx: Transaction) -> list[Body]:
    """All policies, by name."""
    return sorted(tx.list(KIND), key=lambda policy: str(policy["policy_name"]))


def update(tx: Transaction, policy_id: str, body: Body) -> Body:
    """Put all of a policy anew. Raises DatabricksError 404, 400 or 409."""
    get(tx, policy_id)
    policy = parsed(BudgetPolicy, body)
    policy.policy_id = policy_id
    return _stored(tx, policy)


def delete(tx: Transaction, policy_id: str) -> None:
    """Remove a policy. Raises DatabricksError 404."""
    get(tx, policy_id)
    tx.delete(KIND, policy_id)
    rule_sets.forget(tx, rule_sets.BUDGET_POLICIES, policy_id)


def _stored(tx: Transaction, policy: BudgetPolicy) -> Body:
    if not policy.policy_name:
        raise invalid("policy_name is required.")
    tags = policy.custom_tags or []
    if len(tags) > MAX_TAGS or len({tag.key for tag in tags}) < len(tags):
        raise invalid(f"A policy has at most {MAX_TAGS} tags, each of another key.")
    for other in tx.list(KIND):
        if other["policy_name"] == policy.policy_name and other["policy_id"] != policy.policy_id:
            raise already_exists(f"Budget policy with name {policy.policy_name} already exists.")
    body: Body = policy.as_dict()
    tx.put(KIND, str(policy.policy_id), body)
    return body
