"""One HTML page without any outside part, drawn from a report's template and written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rehearsal.play.pages import formats

_SHARED = Path(__file__).parent


def draw(template: Path, **values: Any) -> str:
    """The page as HTML: the template finds the shared ones, and those beside it, by name. Every value is escaped."""
    environment = Environment(
        loader=FileSystemLoader([template.parent, _SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= formats.FILTERS
    return environment.get_template(template.name).render(values)


def write(page: str, path: Path) -> Path:
    """Write the page; a reader of the path sees the whole new page or the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(page)
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return path
