"""Turns a `Rehearsal` into one HTML page."""

from __future__ import annotations

from pathlib import Path

from rehearsal import graph
from rehearsal.play import pages
from rehearsal.play.report.model import Rehearsal
from rehearsal.play.report.profile import profile

_TEMPLATE = Path(__file__).parent / "report.html.j2"


def render(rehearsal: Rehearsal) -> str:
    """The report as HTML."""
    box = (graph.BOX_WIDTH, graph.BOX_HEIGHT)
    return pages.draw(_TEMPLATE, rehearsal=rehearsal, profile=profile(rehearsal), layout=graph.layout, box=box)


def write(rehearsal: Rehearsal, path: Path) -> Path:
    """Write the report as a whole."""
    return pages.write(render(rehearsal), path)
