"""HTTP of budget policies."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from rehearsal.workspace.account import budget_policies
from rehearsal.workspace.account.administration import AdminDep
from rehearsal.workspace.store import Body

router = APIRouter(prefix="/api/2.1/accounts/{account_id}/budget-policies")


@router.post("")
def create(body: Body, call: AdminDep) -> dict[str, Any]:
    """A new policy."""
    with call.store.transaction() as tx:
        return budget_policies.create(tx, call.principal, body.get("policy") or {})


@router.get("")
def list_policies(call: AdminDep) -> dict[str, Any]:
    """All policies."""
    with call.store.transaction() as tx:
        return {"policies": budget_policies.listed(tx)}


@router.get("/{policy_id}")
def get(policy_id: str, call: AdminDep) -> dict[str, Any]:
    """One policy."""
    with call.store.transaction() as tx:
        return budget_policies.get(tx, policy_id)


@router.patch("/{policy_id}")
def update(policy_id: str, body: Body, call: AdminDep) -> dict[str, Any]:
    """Put all of a policy anew."""
    with call.store.transaction() as tx:
        return budget_policies.update(tx, policy_id, body)


@router.delete("/{policy_id}")
def delete(policy_id: str, call: AdminDep) -> dict[str, Any]:
    """Remove a policy."""
    with call.store.transaction() as tx:
        budget_policies.delete(tx, policy_id)
    return {}
