"""The catalog browser: catalogs, schemas, and what is in them, each with its facts; a tree of all of it beside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from rehearsal.workspace.ui import rendering
from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import Outcome, Viewer, ViewerDep, attempt

router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True)
class Entry:
    """Something in a catalog or schema; `kind` is a word of the page's address."""

    kind: str
    full_name: str
    detail: str = ""
    comment: str = ""
    owner: str = ""

    @property
    def name(self) -> str:
        """The last part of its name."""
        return self.full_name.rpartition(".")[2]

    @property
    def address(self) -> str:
        """Its page."""
        return address_of(self.kind, self.full_name)

    @property
    def holds(self) -> bool:
        """Is there anything inside?"""
        return self.kind in ("catalog", "schema")


@dataclass(frozen=True)
class Branch:
    """An entry of the tree, with what is inside where that is shown."""

    entry: Entry
    inside: list[Branch] | None = None


def address_of(kind: str, full_name: str) -> str:
    """The page of a securable."""
    if kind == "model":
        return f"/ui/models/{full_name}"
    return f"/ui/catalog/{full_name}" if kind in ("catalog", "schema") else f"/ui/catalog/{kind}/{full_name}"


@router.get("/ui/catalog")
def show_catalogs(viewer: ViewerDep) -> HTMLResponse:
    """All catalogs."""
    return viewer.page("catalog.html.j2", title="Catalog", entries=catalogs(viewer), tree=tree(viewer, ""), shown="")


@router.get("/ui/catalog/tree/{full_name}")
def show_branch(viewer: ViewerDep, full_name: str) -> HTMLResponse:
    """What is inside a catalog or schema, as a piece of the tree."""
    return rendering.page("tree_piece.html.j2", branches=[Branch(entry) for entry in inside(viewer, full_name)])


@router.get("/ui/catalog/{full_name}")
def show_holder(viewer: ViewerDep, full_name: str) -> HTMLResponse:
    """A catalog or schema."""
    client = viewer.client
    kind = "schema" if "." in full_name else "catalog"
    found = client.schemas if kind == "schema" else client.catalogs
    info = found.get(full_name, include_browse=True)
    return viewer.page(
        "catalog_holder.html.j2",
        title=full_name,
        kind=kind,
        full_name=full_name,
        info=info,
        entries=inside(viewer, full_name),
        tags=tags(viewer, f"{kind}s", full_name),
        tree=tree(viewer, full_name),
        shown=full_name,
    )


def catalogs(viewer: Viewer) -> list[Entry]:
    """The catalogs that the viewer may know of."""
    return [
        Entry("catalog", item.name or "", comment=item.comment or "", owner=item.owner or "")
        for item in viewer.client.catalogs.list(include_browse=True)
    ]


def inside(viewer: Viewer, full_name: str) -> list[Entry]:
    """What a catalog or schema holds, as far as the viewer may know of it."""
    client = viewer.client
    catalog, _, schema = full_name.partition(".")
    if not schema:
        return [_entry("schema", item) for item in client.schemas.list(catalog, include_browse=True)]
    listings: tuple[tuple[str, Callable[[], Iterable[Any]]], ...] = (
        ("table", lambda: client.tables.list(catalog, schema, omit_columns=True, include_browse=True)),
        ("volume", lambda: client.volumes.list(catalog, schema, include_browse=True)),
        ("function", lambda: client.functions.list(catalog, schema, include_browse=True)),
        ("model", lambda: client.registered_models.list(catalog_name=catalog, schema_name=schema, include_browse=True)),
    )
    found = [_entry(kind, item) for kind, ask in listings for item in attempt(partial(_listed, ask)).value or []]
    models = {entry.full_name for entry in found if entry.kind == "model"}
    return [entry for entry in found if entry.kind != "function" or entry.full_name not in models]


def tree(viewer: Viewer, shown: str) -> list[Branch]:
    """The tree, open along the way to what is shown."""
    return [_opened(viewer, entry, shown) for entry in catalogs(viewer)]


def tags(viewer: Viewer, entity_type: str, full_name: str) -> Outcome[list[Any]]:
    """Tags of a securable."""
    return attempt(lambda: list(viewer.client.entity_tag_assignments.list(entity_type, full_name)))


def _listed(ask: Callable[[], Iterable[Any]]) -> list[Any]:
    return list(ask())


def _opened(viewer: Viewer, entry: Entry, shown: str) -> Branch:
    if not entry.holds or not f"{shown}.".startswith(f"{entry.full_name}."):
        return Branch(entry)
    below = attempt(lambda: inside(viewer, entry.full_name)).value or []
    return Branch(entry, [_opened(viewer, inner, shown) for inner in below])


def _entry(kind: str, item: Any) -> Entry:
    detail = getattr(item, "table_type", None) or getattr(item, "volume_type", None)
    words = detail.value.replace("_", " ").lower() if detail else ""
    return Entry(kind, item.full_name or "", words, item.comment or "", item.owner or "")
