"""HTTP of the account."""

from __future__ import annotations

from fastapi import APIRouter

from rehearsal.workspace.account import (
    assignment_routes,
    budget_policy_routes,
    metastore_routes,
    network_connectivity_routes,
    workspace_routes,
)

router = APIRouter()
PARTS = (
    assignment_routes,
    metastore_routes,
    budget_policy_routes,
    network_connectivity_routes,
    workspace_routes,
)
for part in PARTS:
    router.include_router(part.router)
