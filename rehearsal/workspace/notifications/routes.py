"""HTTP of notifications: destinations, and, of the rehearsal's own, the mailbox and the log of deliveries."""

from __future__ import annotations

from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.notifications import destinations
from rehearsal.workspace.store import Body

API = "/api/2.0/notification-destinations"
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
