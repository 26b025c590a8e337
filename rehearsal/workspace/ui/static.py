"""The pages' own style sheet and script: a fixed list of files, addressed by their digest: they may be kept."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import FileResponse

from rehearsal.workspace.ui.page_headers import HEADERS

_FOLDER = Path(__file__).parent / "static"
_TYPES = {"ui.css": "text/css", "ui.js": "text/javascript", "icon.svg": "image/svg+xml"}
router = APIRouter(prefix="/ui/static", include_in_schema=False)


@router.get("/{digest}/{name}")
def file(digest: str, name: Literal["ui.css", "ui.js", "icon.svg"]) -> FileResponse:
    """One of the files."""
    kept = "public, max-age=31536000, immutable" if digest == _digest(name) else "no-store"
    return FileResponse(_FOLDER / name, media_type=_TYPES[name], headers=HEADERS | {"Cache-Control": kept})


def address(name: str) -> str:
    """Where a page finds the file."""
    return f"/ui/static/{_digest(name)}/{name}"


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((_FOLDER / name).read_bytes()).hexdigest()[:12]
