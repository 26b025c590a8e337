"""The web pages: which there are."""

from __future__ import annotations

from fastapi import APIRouter

from rehearsal.workspace.errors import not_found
from rehearsal.workspace.ui import addresses, home, sign_in, static
from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import ViewerDep

elsewhere = APIRouter(route_class=PageRoute)


@elsewhere.get("/ui/{path:path}")
def unknown(path: str, viewer: ViewerDep) -> None:
    """No such page."""
    raise not_found(f"There is no page at /ui/{path}.")


router = APIRouter(include_in_schema=False)
for page in (addresses, static, sign_in, home):
    router.include_router(page.router)
router.include_router(elsewhere)  # last: it takes whatever is left
