"""The first page: what is in this workspace, as far as the viewer may see it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from rehearsal.workspace.context import ACCOUNT
from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import Outcome, Viewer, ViewerDep, attempt

_LATEST = 8
router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True)
class Count:
    """How many of something there are, and where they are listed."""

    words: str
    address: str
    found: Outcome[int]


@router.get("/ui/")
def show(viewer: ViewerDep) -> HTMLResponse:
    """Counts, the latest runs, endpoints and alerts."""
    client = viewer.client
    counts = [Count("catalogs", "/ui/catalog", _count(client.catalogs.list))]
    sections: dict[str, Outcome[list[Any]]] = {}
    if viewer.workspace != ACCOUNT:
        sections = {
            "runs": attempt(lambda: list(islice(client.jobs.list_runs(), _LATEST))),
            "endpoints": attempt(lambda: list(client.serving_endpoints.list())),
            "alerts": attempt(lambda: list(client.alerts_v2.list_alerts())),
        }
        counts += [
            Count("jobs", "/ui/jobs", _count(client.jobs.list)),
            Count("models", "/ui/models", _count(client.registered_models.list)),
            Count("endpoints", "/ui/endpoints", _of(sections["endpoints"])),
            Count("dashboards", "/ui/dashboards", _count(client.lakeview.list)),
            Count("alerts", "/ui/alerts", _of(sections["alerts"])),
            Count("mails", "/ui/mailbox", _count(lambda: _mails(viewer))),
        ]
    return viewer.page("home.html.j2", title="Home", counts=counts, sections=sections)


def _mails(viewer: Viewer) -> list[Any]:
    mails: list[Any] = viewer.api("GET", "/api/2.0/understudy/notifications/mails").get("mails", [])
    return mails


def _count(ask: Any) -> Outcome[int]:
    return attempt(lambda: sum(1 for _ in ask()))


def _of(found: Outcome[list[Any]]) -> Outcome[int]:
    return Outcome(None if found.value is None else len(found.value), found.refused)
