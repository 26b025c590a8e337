"""HTTP of SQL warehouses and statement execution."""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.sql import State
from fastapi import APIRouter

from rehearsal.workspace.context import CallDep
from rehearsal.workspace.sql import statements, warehouses

router = APIRouter()
_WAREHOUSES = "/api/2.0/sql/warehouses"
_STATEMENTS = "/api/2.0/sql/statements"
Body = dict[str, Any]


@router.post(_WAREHOUSES)
def create_warehouse(body: Body, call: CallDep) -> Body:
    """Make a warehouse."""
    with call.store.transaction() as tx:
        return {"id": warehouses.create(tx, call, body)}


@router.get(_WAREHOUSES)
def list_warehouses(call: CallDep) -> Body:
    """Warehouses that the caller may see."""
    with call.store.transaction() as tx:
        return {"warehouses": warehouses.visible(tx, call)}


@router.get(_WAREHOUSES + "/{warehouse_id}")
def get_warehouse(warehouse_id: str, call: CallDep) -> Body:
    """One warehouse."""
    with call.store.transaction() as tx:
        return warehouses.find(tx, call, warehouse_id)


@router.post(_WAREHOUSES + "/{warehouse_id}/edit")
def edit_warehouse(warehouse_id: str, body: Body, call: CallDep) -> Body:
    """Change a warehouse."""
    with call.store.transaction() as tx:
        warehouses.edit(tx, call, warehouse_id, body)
    return {}


@router.post(_WAREHOUSES + "/{warehouse_id}/start")
def start_warehouse(warehouse_id: str, call: CallDep) -> Body:
    """Start a warehouse."""
    with call.store.transaction() as tx:
        warehouses.set_state(tx, call, warehouse_id, State.RUNNING)
    return {}


@router.post(_WAREHOUSES + "/{warehouse_id}/stop")
def stop_warehouse(warehouse_id: str, call: CallDep) -> Body:
    """Stop a warehouse; the next statement starts it."""
    with call.store.transaction() as tx:
        warehouses.set_state(tx, call, warehouse_id, State.STOPPED)
    return {}


@router.delete(_WAREHOUSES + "/{warehouse_id}")
def delete_warehouse(warehouse_id: str, call: CallDep) -> Body:
    """Delete a warehouse."""
    with call.store.transaction() as tx:
        warehouses.delete(tx, call, warehouse_id)
    return {}


@router.post(_STATEMENTS)
def execute_statement(body: Body, call: CallDep) -> Body:
    """Run a statement."""
    return statements.execute(call, body)


@router.get(_STATEMENTS + "/{statement_id}")
def get_statement(statement_id: str, call: CallDep) -> Body:
    """State and result of a statement."""
    return statements.get(call, statement_id)


@router.post(_STATEMENTS + "/{statement_id}/cancel")
def cancel_statement(statement_id: str, call: CallDep) -> Body:
    """Give up on a statement."""
    statements.cancel(call, statement_id)
    return {}
