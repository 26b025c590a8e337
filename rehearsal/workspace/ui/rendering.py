"""From a template and what it shows to a page; every value is escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rehearsal.workspace.context import ACCOUNT, WORKSPACES
from rehearsal.workspace.ui import formats, static

# The navigation: (address, words); the account has the first two only.
SECTIONS = (
    ("/ui/", "Home"),
    ("/ui/catalog", "Catalog"),
    ("/ui/jobs", "Jobs"),
    ("/ui/experiments", "Experiments"),
    ("/ui/models", "Models"),
    ("/ui/endpoints", "Serving"),
    ("/ui/monitors", "Monitors"),
    ("/ui/dashboards", "Dashboards"),
    ("/ui/alerts", "Alerts"),
    ("/ui/mailbox", "Mailbox"),
)
OF_THE_ACCOUNT = 2

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters |= formats.FILTERS
_environment.filters["segment"] = lambda value: quote(str(value), safe="")
_environment.globals |= {
    "asset": static.address,
    "places": (ACCOUNT, *WORKSPACES),
    "sections_of": lambda workspace: SECTIONS[:OF_THE_ACCOUNT] if workspace == ACCOUNT else SECTIONS,
}


def page(template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A whole page."""
    return HTMLResponse(_environment.get_template(template).render(**context), status)
