"""A table, view, volume or function: its columns, a sample, its history, its tags and where it is used."""

from __future__ import annotations

from typing import Any, Literal

from databricks.sdk.service.files import DirectoryEntry
from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from rehearsal.workspace.ui import catalog, queries
from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import Viewer, ViewerDep, attempt

_SAMPLE = 20
router = APIRouter(route_class=PageRoute)


@router.get("/ui/catalog/table/{full_name}")
def show_table(
    viewer: ViewerDep, full_name: str, tab: Literal["columns", "sample", "history"] = "columns"
) -> HTMLResponse:
    """A table or view."""
    name = queries.quoted(full_name)
    asked = {
        "sample": f"SELECT * FROM {name} LIMIT {_SAMPLE}",
        "history": f"DESCRIBE HISTORY {name}",
    }
    return viewer.page(
        "table.html.j2",
        title=full_name,
        kind="table",
        full_name=full_name,
        info=viewer.client.tables.get(full_name, include_browse=True),
        tab=tab,
        rows=attempt(lambda: queries.run(viewer, asked[tab])) if tab in asked else None,
        tags=catalog.tags(viewer, "tables", full_name),
        tree=catalog.tree(viewer, full_name),
        shown=full_name,
    )


@router.get("/ui/catalog/volume/{full_name}")
def show_volume(viewer: ViewerDep, full_name: str, path: str = "") -> HTMLResponse:
    """A volume with its files."""
    info = viewer.client.volumes.read(full_name, include_browse=True)
    root = f"/Volumes/{full_name.replace('.', '/')}"
    inner = "/".join(part for part in path.split("/") if part not in ("", ".", ".."))
    return viewer.page(
        "volume.html.j2",
        title=full_name,
        kind="volume",
        full_name=full_name,
        info=info,
        root=root,
        inner=inner,
        files=attempt(lambda: _files(viewer, f"{root}/{inner}".rstrip("/"))),
        tags=catalog.tags(viewer, "volumes", full_name),
        tree=catalog.tree(viewer, full_name),
        shown=full_name,
    )


@router.get("/ui/catalog/function/{full_name}")
def show_function(viewer: ViewerDep, full_name: str) -> HTMLResponse:
    """A function with its definition."""
    info: Any = viewer.client.functions.get(full_name, include_browse=True)
    return viewer.page(
        "function.html.j2",
        title=full_name,
        kind="function",
        full_name=full_name,
        info=info,
        tree=catalog.tree(viewer, full_name),
        shown=full_name,
    )


def _files(viewer: Viewer, path: str) -> list[DirectoryEntry]:
    return sorted(
        viewer.client.files.list_directory_contents(path), key=lambda entry: (not entry.is_directory, entry.name or "")
    )
