"""SQL alerts: their condition, schedule and state, and how the state has changed."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import PosterDep, ViewerDep, attempt

_OWN = "/api/2.0/understudy/alerts"
router = APIRouter(route_class=PageRoute)


@router.get("/ui/alerts")
def show_all(viewer: ViewerDep) -> HTMLResponse:
    """Alerts that the viewer may read."""
    found = sorted(viewer.client.alerts_v2.list_alerts(), key=lambda alert: alert.display_name or "")
    return viewer.page("alerts.html.j2", title="Alerts", alerts=found)


@router.get("/ui/alerts/{alert_id}")
def show(viewer: ViewerDep, alert_id: str) -> HTMLResponse:
    """One alert."""
    alert = viewer.client.alerts_v2.get_alert(alert_id)
    return viewer.page(
        "alert.html.j2",
        title=alert.display_name or alert_id,
        alert=alert,
        history=attempt(lambda: viewer.api("GET", f"{_OWN}/{alert_id}/history").get("history", [])),
    )


@router.post("/ui/alerts/{alert_id}/evaluate")
def evaluate(viewer: PosterDep, alert_id: str) -> RedirectResponse:
    """Evaluate now."""
    viewer.api("POST", f"{_OWN}/{alert_id}/evaluate")
    return RedirectResponse(f"/ui/alerts/{alert_id}", 303)
