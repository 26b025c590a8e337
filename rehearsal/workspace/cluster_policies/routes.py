"""HTTP of cluster policies."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.cluster_policies import policies
from rehearsal.workspace.store import Body

router = APIRouter(prefix="/api/2.0/policies/clusters")


@router.post("/create")
def create_policy(body: Body, call: CallDep) -> dict[str, Any]:
    """A new policy."""
    with call.store.transaction() as tx:
        return {"policy_id": policies.create(tx, call, body)}


@router.post("/edit")
def edit_policy(body: Body, call: CallDep) -> dict[str, Any]:
    """Replace what a policy says."""
    with call.store.transaction() as tx:
        policies.edit(tx, call, body)
    return {}


@router.get("/get")
def get_policy(policy_id: str, call: CallDep) -> dict[str, Any]:
    """One policy."""
    with call.store.transaction() as tx:
        return policies.get(tx, call, policy_id).as_dict()


@router.get("/list")
def list_policies(call: CallDep) -> dict[str, Any]:
    """Policies that the caller may use."""
    with call.store.transaction() as tx:
        found = [policy.as_dict() for policy in policies.usable(tx, call)]
    return {"policies": found, "total_count": len(found)}


@router.post("/delete")
def delete_policy(body: Body, call: CallDep) -> dict[str, Any]:
    """Delete a policy."""
    with call.store.transaction() as tx:
        policies.delete(tx, call, str(body.get("policy_id") or ""))
    return {}
