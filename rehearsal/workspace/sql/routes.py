"""HTTP of SQL: warehouses, statements and their results, saved queries, the history, and alerts."""

from __future__ import annotations

from fastapi import APIRouter

from rehearsal.workspace.sql import alert_routes, query_routes, statement_routes

router = APIRouter()
for part in (statement_routes.router, statement_routes.results_router, query_routes.router, alert_routes.router):
    router.include_router(part)
