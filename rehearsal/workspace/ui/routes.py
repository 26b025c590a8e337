"""The web pages: which there are."""

from __future__ import annotations

from fastapi import APIRouter

from rehearsal.workspace.errors import not_found
from rehearsal.workspace.ui import (
    access,
    addresses,
    alerts,
    approvals,
    catalog,
    catalog_object,
    dashboards,
    endpoints,
    experiments,
    home,
    job_run,
    jobs,
    lineage,
    mailbox,
    models,
    monitors,
    search,
    sign_in,
    static,
)
from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import ViewerDep

elsewhere = APIRouter(route_class=PageRoute)


@elsewhere.get("/ui/{path:path}")
def unknown(path: str, viewer: ViewerDep) -> None:
    """No such page."""
    raise not_found(f"There is no page at /ui/{path}.")


router = APIRouter(include_in_schema=False)
PAGES = (
    home,
    search,
    catalog,
    catalog_object,
    access,
    lineage,
    jobs,
    job_run,
    experiments,
    models,
    approvals,
    endpoints,
    monitors,
    dashboards,
    alerts,
    mailbox,
)
for page in (addresses, static, sign_in, *PAGES):
    router.include_router(page.router)
router.include_router(elsewhere)  # last: it takes whatever is left
