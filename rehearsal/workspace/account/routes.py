"""HTTP of the account."""

from __future__ import annotations

from fastapi import APIRouter

from rehearsal.workspace.account import assignment_routes, budget_policy_routes, metastore_routes, workspace_routes

router = APIRouter()
for part in (assignment_routes, metastore_routes, budget_policy_routes, workspace_routes):
    router.include_router(part.router)
