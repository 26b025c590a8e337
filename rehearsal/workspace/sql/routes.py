"""HTTP of SQL: warehouses, statements and alerts."""

from __future__ import annotations

from fastapi import APIRouter

from rehearsal.workspace.sql import alert_routes, statement_routes

router = APIRouter()
for part in (statement_routes, alert_routes):
    router.include_router(part.router)
