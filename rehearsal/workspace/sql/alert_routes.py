"""HTTP of SQL alerts: `/api/2.0/alerts`, and, of the rehearsal's own, to evaluate one before its schedule does."""

from __future__ import annotations

from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.sql import alert_evaluation, alert_history, alerts
from rehearsal.workspace.store import Body

API, OWN = "/api/2.0/alerts", "/api/2.0/understudy/alerts"
router = APIRouter()
_PAGE, _LARGEST = 20, 100


@router.post(API)
def create_alert(body: Body, call: CallDep) -> Body:
    """Make an alert."""
    with call.store.transaction() as tx:
        return alerts.create(tx, call, body)


@router.get(API)
def list_alerts(call: CallDep, page_size: int = _PAGE, page_token: str = "") -> Body:
    """Alerts that the caller may read, page by page."""
    if page_token and not page_token.isdigit():
        raise invalid(f"page_token '{page_token}' is not one of this API's.")
    first, size = int(page_token or 0), min(max(page_size, 1), _LARGEST)
    with call.store.transaction() as tx:
        found = alerts.visible(tx, call)
    more = {"next_page_token": str(first + size)} if len(found) > first + size else {}
    return {"alerts": found[first : first + size], **more}


@router.get(API + "/{identifier}")
def get_alert(identifier: str, call: CallDep) -> Body:
    """One alert with its state."""
    with call.store.transaction() as tx:
        return alerts.get(tx, call, identifier, "CAN_READ")


@router.patch(API + "/{identifier}")
def update_alert(identifier: str, body: Body, call: CallDep, update_mask: str = "") -> Body:
    """Change the fields that the mask names."""
    with call.store.transaction() as tx:
        return alerts.update(tx, call, identifier, body, update_mask)


@router.delete(API + "/{identifier}")
def trash_alert(identifier: str, call: CallDep, purge: bool = False) -> Body:
    """Trash or delete an alert."""
    with call.store.transaction() as tx:
        alerts.trash(tx, call, identifier, purge)
    return {}


@router.get(OWN + "/{identifier}/history")
def get_history(identifier: str, call: CallDep) -> Body:
    """Its evaluations, the newest first, for who may read the alert."""
    with call.store.transaction() as tx:
        alerts.get(tx, call, identifier, "CAN_READ")
        return {"history": alert_history.of(tx, call.workspace, identifier)}


@router.post(OWN + "/{identifier}/evaluate")
def evaluate_alert(identifier: str, call: CallDep) -> Body:
    """Evaluate now, for who may run the alert. Not on Databricks, where the schedule alone evaluates."""
    with call.store.transaction() as tx:
        alerts.get(tx, call, identifier, "CAN_RUN")
    return alert_evaluation.evaluate(call.platform, call.workspace, identifier)
