"""HTTP of dashboards: `/api/2.0/lakeview/dashboards`."""

from __future__ import annotations

from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.dashboards import dashboards
from rehearsal.workspace.store import Body

router = APIRouter(prefix="/api/2.0/lakeview/dashboards")


@router.post("")
def create(body: Body, call: CallDep) -> Body:
    """Make a draft."""
    with call.store.transaction() as tx:
        return dashboards.create(tx, call, body)


@router.get("")
def list_dashboards(call: CallDep, show_trashed: bool = False) -> Body:
    """Dashboards that the caller may read."""
    with call.store.transaction() as tx:
        return {"dashboards": dashboards.visible(tx, call, show_trashed)}


@router.get("/{identifier}")
def get(identifier: str, call: CallDep) -> Body:
    """A draft."""
    with call.store.transaction() as tx:
        return dashboards.get(tx, call, identifier)


@router.patch("/{identifier}")
def update(identifier: str, body: Body, call: CallDep) -> Body:
    """Change a draft."""
    with call.store.transaction() as tx:
        return dashboards.update(tx, call, identifier, body)


@router.delete("/{identifier}")
def trash(identifier: str, call: CallDep) -> Body:
    """Move to the trash."""
    with call.store.transaction() as tx:
        dashboards.trash(tx, call, identifier)
    return {}


@router.post("/{identifier}/published")
def publish(identifier: str, body: Body, call: CallDep) -> Body:
    """Publish the draft."""
    with call.store.transaction() as tx:
        return dashboards.publish(tx, call, identifier, body)


@router.get("/{identifier}/published")
def get_published(identifier: str, call: CallDep) -> Body:
    """What is published."""
    with call.store.transaction() as tx:
        return dashboards.published(tx, call, identifier)


@router.delete("/{identifier}/published")
def unpublish(identifier: str, call: CallDep) -> Body:
    """Take back what is published."""
    with call.store.transaction() as tx:
        dashboards.unpublish(tx, call, identifier)
    return {}
