"""Search by name through what the viewer may see of the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from rehearsal.workspace.context import ACCOUNT
from rehearsal.workspace.ui import catalog
from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import Viewer, ViewerDep, attempt

_SHOWN = 100
router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True)
class Hit:
    """Something that was found."""

    kind: str
    name: str
    address: str


@router.get("/ui/search")
def show(viewer: ViewerDep, q: str = "") -> HTMLResponse:
    """What has the words in its name."""
    words = q.lower().split()
    hits = [hit for hit in _everything(viewer) if all(word in hit.name.lower() for word in words)] if words else []
    return viewer.page("search.html.j2", title=f"Search: {q}", query=q, hits=hits[:_SHOWN], more=len(hits) > _SHOWN)


def _everything(viewer: Viewer) -> Iterator[Hit]:
    for ask in (_securables, *(() if viewer.workspace == ACCOUNT else _OF_A_WORKSPACE)):
        yield from attempt(partial(_found, ask, viewer)).value or []


def _found(ask: Callable[[Viewer], Iterable[Hit]], viewer: Viewer) -> list[Hit]:
    return list(ask(viewer))


def _securables(viewer: Viewer) -> Iterator[Hit]:
    waiting = catalog.catalogs(viewer)
    while waiting:
        entry = waiting.pop(0)
        yield Hit(entry.kind, entry.full_name, entry.address)
        if entry.holds:
            waiting += attempt(partial(catalog.inside, viewer, entry.full_name)).value or []


def _jobs(viewer: Viewer) -> Iterator[Hit]:
    for job in viewer.client.jobs.list():
        yield Hit("job", str(job.settings.name if job.settings else job.job_id), f"/ui/jobs/{job.job_id}")


def _endpoints(viewer: Viewer) -> Iterator[Hit]:
    for endpoint in viewer.client.serving_endpoints.list():
        yield Hit("endpoint", str(endpoint.name), f"/ui/endpoints/{endpoint.name}")


def _experiments(viewer: Viewer) -> Iterator[Hit]:
    for experiment in viewer.client.experiments.list_experiments():
        yield Hit("experiment", str(experiment.name), f"/ui/experiments/{experiment.experiment_id}")


def _dashboards(viewer: Viewer) -> Iterator[Hit]:
    for dashboard in viewer.client.lakeview.list():
        yield Hit("dashboard", str(dashboard.display_name), f"/ui/dashboards/{dashboard.dashboard_id}")


def _alerts(viewer: Viewer) -> Iterator[Hit]:
    for alert in viewer.client.alerts_v2.list_alerts():
        yield Hit("alert", str(alert.display_name), f"/ui/alerts/{alert.id}")


_OF_A_WORKSPACE: tuple[Callable[[Viewer], Iterable[Hit]], ...] = (
    _jobs,
    _endpoints,
    _experiments,
    _dashboards,
    _alerts,
)
