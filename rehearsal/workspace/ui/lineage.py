"""Lineage of a table: what it is made from and what is made from it, as a graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from rehearsal import graph
from rehearsal.workspace.ui import catalog
from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import Outcome, Viewer, ViewerDep, attempt

API = "/api/2.0/lineage-tracking/table-lineage"
WIDTH = 250
# So many tables away, and so many in all: a drawing that can still be read.
_STEPS, _TABLES = 4, 60
router = APIRouter(route_class=PageRoute)


@dataclass
class TableBox:
    """A table in the drawing."""

    key: str
    depends_on: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its own name."""
        return self.key.rpartition(".")[2]

    @property
    def place(self) -> str:
        """Catalog and schema."""
        return self.key.rpartition(".")[0]


@dataclass(frozen=True)
class Neighbours:
    """Tables next to one, and what has made it or read it."""

    upstream: list[str]
    downstream: list[str]
    jobs: list[tuple[str, str]]
    """(side, id) of the jobs that have read or written."""


@router.get("/ui/lineage/{full_name}")
def show(viewer: ViewerDep, full_name: str) -> HTMLResponse:
    """The graph, and the same as lists."""
    full_name = full_name.lower()  # as lineage has names
    here = attempt(lambda: _neighbours(viewer, full_name))
    return viewer.page(
        "lineage.html.j2",
        title=f"Lineage of {full_name}",
        full_name=full_name,
        here=here,
        drawing=graph.layout(_around(viewer, full_name, here), WIDTH),
        box=(WIDTH, graph.BOX_HEIGHT),
        tree=catalog.tree(viewer, full_name),
        shown=full_name,
    )


def _around(viewer: Viewer, full_name: str, here: Outcome[Neighbours]) -> list[TableBox]:
    boxes = {full_name: TableBox(full_name)}
    known = {full_name: here.value} if here.value else {}

    def ask(name: str) -> Neighbours | None:
        if name not in known:
            found = attempt(lambda: _neighbours(viewer, name)).value
            if found is None:
                return None
            known[name] = found
        return known[name]

    def walk(following: Callable[[Neighbours], list[str]], link: Callable[[str, str], None]) -> None:
        edge = [full_name]
        for _ in range(_STEPS):
            reached = []
            for name in edge:
                near = ask(name)
                for other in following(near) if near else []:
                    if other not in boxes and len(boxes) < _TABLES:
                        boxes[other] = TableBox(other)
                        reached.append(other)
                    if other in boxes:
                        link(name, other)
            edge = reached

    def before(name: str, other: str) -> None:
        if other not in boxes[name].depends_on and other != name:
            boxes[name].depends_on.append(other)

    walk(lambda near: near.upstream, before)
    walk(lambda near: near.downstream, lambda name, other: before(other, name))
    return list(boxes.values())


def _neighbours(viewer: Viewer, full_name: str) -> Neighbours:
    answer = viewer.api("GET", API, table_name=full_name, include_entity_lineage="true")
    sides = {side: answer.get(side) or [] for side in ("upstreams", "downstreams")}
    names = {side: [_name(item) for item in items if item.get("tableInfo")] for side, items in sides.items()}
    jobs = [
        (side.removesuffix("s"), str(job["job_id"]))
        for side, items in sides.items()
        for item in items
        for job in item.get("jobInfos") or []
        if job.get("job_id")
    ]
    return Neighbours(names["upstreams"], names["downstreams"], list(dict.fromkeys(jobs)))


def _name(item: dict[str, Any]) -> str:
    info = item["tableInfo"]
    return f"{info['catalog_name']}.{info['schema_name']}.{info['name']}"
