"""The mailbox: e-mails to the viewer, and, for administrators, the webhooks that went out."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import ViewerDep, attempt

_OWN = "/api/2.0/understudy/notifications"
_SHOWN = 100
router = APIRouter(route_class=PageRoute)


@router.get("/ui/mailbox")
def show(viewer: ViewerDep) -> HTMLResponse:
    """Mails and deliveries, the newest first."""
    return viewer.page(
        "mailbox.html.j2",
        title="Mailbox",
        mails=viewer.api("GET", f"{_OWN}/mails").get("mails", [])[:_SHOWN],
        deliveries=attempt(lambda: viewer.api("GET", f"{_OWN}/deliveries").get("deliveries", [])[:_SHOWN]),
    )
