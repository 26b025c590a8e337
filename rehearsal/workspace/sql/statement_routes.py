"""HTTP of SQL: `/api/2.0/sql/warehouses` and `/api/2.0/sql/statements`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.sql import result_links, statements, warehouses

router = APIRouter(prefix="/api/2.0/sql")
results_router = APIRouter()
Json = dict[str, Any]


@router.post("/warehouses")
def create_warehouse(call: CallDep, body: Json) -> Json:
    """Create a warehouse; it runs at once."""
    with call.store.transaction() as tx:
        return {"id": warehouses.create(tx, call, body)}


@router.get("/warehouses")
def list_warehouses(call: CallDep) -> Json:
    """Warehouses that the caller may see."""
    with call.store.transaction() as tx:
        return {"warehouses": warehouses.visible(tx, call)}


@router.get("/warehouses/{warehouse_id}")
def get_warehouse(warehouse_id: str, call: CallDep) -> Json:
    """One warehouse."""
    with call.store.transaction() as tx:
        return warehouses.get(tx, call, warehouse_id, "CAN_VIEW")


@router.post("/warehouses/{warehouse_id}/edit")
def edit_warehouse(warehouse_id: str, call: CallDep, body: Json) -> Json:
    """Change what the body names."""
    with call.store.transaction() as tx:
        warehouses.edit(tx, call, warehouse_id, body)
    return {}


@router.delete("/warehouses/{warehouse_id}")
def delete_warehouse(warehouse_id: str, call: CallDep) -> Json:
    """Delete a warehouse."""
    with call.store.transaction() as tx:
        warehouses.delete(tx, call, warehouse_id)
    return {}


@router.post("/warehouses/{warehouse_id}/start")
def start_warehouse(warehouse_id: str, call: CallDep) -> Json:
    """Start a stopped warehouse."""
    with call.store.transaction() as tx:
        warehouses.set_state(tx, call, warehouse_id, "RUNNING")
    return {}


@router.post("/warehouses/{warehouse_id}/stop")
def stop_warehouse(warehouse_id: str, call: CallDep) -> Json:
    """Stop a warehouse; the next statement starts it."""
    with call.store.transaction() as tx:
        warehouses.set_state(tx, call, warehouse_id, "STOPPED")
    return {}


@router.post("/statements")
@router.post("/statements/")
def execute_statement(call: CallDep, body: Json) -> Json:
    """Run a statement as the caller; waits as long as the request says."""
    return statements.execute(call, body)


@router.get("/statements/{statement_id}")
def get_statement(statement_id: str, call: CallDep) -> Json:
    """State and, when it has succeeded, the result."""
    return statements.get(call, statement_id)


@router.get("/statements/{statement_id}/result/chunks/{chunk_index}")
def get_chunk(statement_id: str, chunk_index: int, call: CallDep) -> Json:
    """A chunk of the result, or a link to it."""
    return statements.chunk(call, statement_id, chunk_index)


@router.post("/statements/{statement_id}/cancel")
def cancel_statement(statement_id: str, call: CallDep) -> Json:
    """Ask for an end of a statement that runs."""
    statements.cancel(call, statement_id)
    return {}


@results_router.get(result_links.PREFIX + "{path:path}")
def download(path: str, request: Request, expires: int, signature: str) -> Response:
    """A chunk of a result by its signed link, without a token."""
    content, media_type = result_links.content(request, path, expires, signature)
    return Response(content, media_type=media_type)
