"""HTTP of monitors: `/api/2.1/unity-catalog/tables/{name}/monitor`."""

from __future__ import annotations

from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.monitoring import monitors, refreshes
from rehearsal.workspace.store import Body

API = "/api/2.1/unity-catalog/tables/{table_name}/monitor"
router = APIRouter()


@router.post(API)
def create(table_name: str, body: Body, call: CallDep) -> Body:
    """Make a monitor with its metric tables."""
    return monitors.create(call, table_name, body)


@router.get(API)
def get(table_name: str, call: CallDep) -> Body:
    """The monitor of a table."""
    with call.store.transaction() as tx:
        return monitors.get(tx, call, table_name)


@router.put(API)
def update(table_name: str, body: Body, call: CallDep) -> Body:
    """Replace a monitor's settings."""
    return monitors.update(call, table_name, body)


@router.delete(API)
def delete(table_name: str, call: CallDep) -> Body:
    """Remove a monitor."""
    with call.store.transaction() as tx:
        monitors.delete(tx, call, table_name)
        refreshes.forget(tx, table_name)
    return {}


@router.post(API + "/refreshes")
def run_refresh(table_name: str, call: CallDep) -> Body:
    """Queue a refresh of the metrics."""
    return refreshes.request(call, table_name)


@router.get(API + "/refreshes")
def list_refreshes(table_name: str, call: CallDep) -> Body:
    """All refreshes."""
    with call.store.transaction() as tx:
        return {"refreshes": refreshes.history(tx, call, table_name)}


@router.get(API + "/refreshes/{number}")
def get_refresh(table_name: str, number: int, call: CallDep) -> Body:
    """One refresh."""
    with call.store.transaction() as tx:
        return refreshes.get(tx, call, table_name, number)


@router.post(API + "/refreshes/{number}/cancel")
def cancel_refresh(table_name: str, number: int, call: CallDep) -> Body:
    """Give up a refresh."""
    with call.store.transaction() as tx:
        refreshes.cancel(tx, call, table_name, number)
    return {}
