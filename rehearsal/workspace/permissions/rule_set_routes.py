"""HTTP of rule sets, of the account and, the same by another path, of each workspace."""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.iam import RuleSetUpdateRequest
from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.permissions import rule_sets
from rehearsal.workspace.store import Body

router = APIRouter(prefix="/api/2.0/preview/accounts")
WORKSPACE = "/access-control/rule-sets"
ACCOUNT = f"/{{account_id}}{WORKSPACE}"


@router.get(WORKSPACE)
@router.get(ACCOUNT)
def get_rule_set(name: str, call: CallDep) -> dict[str, Any]:
    """Who holds which role. There is no older state than the present one, so that any `etag` will do."""
    with call.store.transaction() as tx:
        return rule_sets.get(tx, call.principal, name).as_dict()


@router.put(WORKSPACE)
@router.put(ACCOUNT)
def update_rule_set(body: Body, call: CallDep) -> dict[str, Any]:
    """Replace the rules."""
    with call.store.transaction() as tx:
        wanted = parsed(RuleSetUpdateRequest, body.get("rule_set") or {})
        return rule_sets.replace(tx, call.principal, str(body.get("name")), wanted).as_dict()
