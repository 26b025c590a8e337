"""Turns a `Rehearsal` into one HTML page without any outside part, and writes it whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rehearsal import graph
from rehearsal.play.report import formats
from rehearsal.play.report.model import Rehearsal

_FOLDER = Path(__file__).parent


def render(rehearsal: Rehearsal) -> str:
    """The report as HTML. Every value is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (
        formats.duration,
        formats.number,
        formats.moment,
        formats.pretty_json,
        formats.data_uri,
        formats.tone,
        formats.short,
        formats.markdown,
    ):
        environment.filters[function.__name__] = function
    style = Markup((_FOLDER / "report.css").read_text(encoding="utf-8"))  # our own file: nothing to escape
    page = environment.get_template("report.html.j2")
    return page.render(rehearsal=rehearsal, style=style, layout=graph.layout, box=(graph.BOX_WIDTH, graph.BOX_HEIGHT))


def write(rehearsal: Rehearsal, path: Path) -> Path:
    """Write the report; a reader of the path sees the whole new page or the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(render(rehearsal))
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return path
