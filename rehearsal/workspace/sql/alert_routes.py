"""HTTP of SQL alerts: `/api/2.0/alerts`."""

from __future__ import annotations

from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.sql import alerts
from rehearsal.workspace.store import Body

router = APIRouter(prefix="/api/2.0/alerts")


@router.post("")
def create_alert(body: Body, call: CallDep) -> Body:
    """Make an alert."""
    with call.store.transaction() as tx:
        return alerts.create(tx, call, body)


@router.get("")
def list_alerts(call: CallDep) -> Body:
    """Alerts that the caller may read."""
    with call.store.transaction() as tx:
        return {"alerts": alerts.visible(tx, call)}


@router.get("/{identifier}")
def get_alert(identifier: str, call: CallDep) -> Body:
    """One alert with its state."""
    with call.store.transaction() as tx:
        return alerts.get(tx, call, identifier, "CAN_READ")


@router.patch("/{identifier}")
def update_alert(identifier: str, body: Body, call: CallDep, update_mask: str = "") -> Body:
    """Change the fields that the mask names."""
    with call.store.transaction() as tx:
        return alerts.update(tx, call, identifier, body, update_mask)


@router.delete("/{identifier}")
def trash_alert(identifier: str, call: CallDep, purge: bool = False) -> Body:
    """Trash or delete an alert."""
    with call.store.transaction() as tx:
        alerts.trash(tx, call, identifier, purge)
    return {}
