"""Budget policies: the tags under which serverless usage is billed."""

from __future__ import annotations

import uuid

from databricks.sdk.service.billing import BudgetPolicy

from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.errors import already_exists, invalid, not_found
from rehearsal.workspace.store import Body, Transaction

KIND = "budget_policy"
MAX_TAGS = 20


def create(tx: Transaction, body: Body) -> Body:
    """A new policy. Raises DatabricksError: 400 without a name, 409 when it is taken."""
    policy = parsed(BudgetPolicy, body)
    policy.policy_id = str(uuid.uuid4())
    return _stored(tx, policy)


def get(tx: Transaction, policy_id: str) -> Body:
    """One policy. Raises DatabricksError 404."""
    found = tx.get(KIND, policy_id)
    if found is None:
        raise not_found(f"Budget policy {policy_id} does not exist.")
    return found


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
