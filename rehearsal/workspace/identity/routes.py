"""HTTP of identities and credentials."""

from __future__ import annotations

from fastapi import APIRouter

from rehearsal.workspace.identity import oauth_routes, scim_routes, token_management_routes, token_routes

router = APIRouter()
for part in (oauth_routes, token_routes, token_management_routes, scim_routes):
    router.include_router(part.router)
