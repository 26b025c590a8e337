"""HTTP of notifications: destinations, and, of the rehearsal's own, the mailbox and the log of deliveries."""

from __future__ import annotations

from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import denied
from rehearsal.workspace.notifications import destinations, outbox
from rehearsal.workspace.store import Body

API = "/api/2.0/notification-destinations"
# Of the rehearsal itself: on Databricks e-mails leave for people's own mailboxes, and deliveries are not shown.
OWN = "/api/2.0/understudy/notifications"
router = APIRouter()


@router.post(API)
def create(body: Body, call: CallDep) -> Body:
    """Make a destination."""
    with call.store.transaction() as tx:
        return destinations.create(tx, call, body)


@router.get(API)
def list_destinations(call: CallDep) -> Body:
    """Destinations with name and type."""
    with call.store.transaction() as tx:
        return {"results": destinations.summaries(tx, call)}


@router.get(API + "/{identifier}")
def get(identifier: str, call: CallDep) -> Body:
    """One destination."""
    with call.store.transaction() as tx:
        return destinations.get(tx, call, identifier)


@router.patch(API + "/{identifier}")
def update(identifier: str, body: Body, call: CallDep) -> Body:
    """Change a destination."""
    with call.store.transaction() as tx:
        return destinations.update(tx, call, identifier, body)


@router.delete(API + "/{identifier}")
def delete(identifier: str, call: CallDep) -> Body:
    """Remove a destination."""
    with call.store.transaction() as tx:
        destinations.delete(tx, call, identifier)
    return {}


@router.get(OWN + "/mails")
def list_mails(call: CallDep) -> Body:
    """The mailbox: e-mails to the caller; all of them for an administrator."""
    with call.store.transaction() as tx:
        found = outbox.mails(tx, call.workspace)
    return {"mails": [mail for mail in found if call.principal.is_admin or call.principal.name in mail["to"]]}


@router.get(OWN + "/deliveries")
def list_deliveries(call: CallDep) -> Body:
    """Webhooks, each with the attempts to deliver it."""
    _require_admin(call)
    with call.store.transaction() as tx:
        return {"deliveries": outbox.deliveries(tx, call.workspace)}


def _require_admin(call: Call) -> None:
    if not call.principal.is_admin:
        raise denied("Only workspace administrators can see deliveries.")
