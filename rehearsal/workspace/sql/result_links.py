"""Links to chunks of results, which stand for the cloud storage's: signed, short-lived, to be used without a token."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from fastapi import Request

from rehearsal.workspace.context import Call, Platform
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.mlflow import signed_urls
from rehearsal.workspace.sql import result_files, results

PREFIX = "/sql-results/"
LIFETIME_SECONDS = 15 * 60
_ARROW = "ARROW_STREAM"


def link(call: Call, statement_id: str, index: int, kind: str) -> dict[str, Any]:
    """The link and when it expires, of one chunk of one statement in one format."""
    path = f"{statement_id}/{index}/{kind}"
    url = signed_urls.sign(call.platform, call.workspace, "GET", path, PREFIX, LIFETIME_SECONDS)
    expiration = datetime.fromtimestamp(int(time.time()) + LIFETIME_SECONDS, UTC)
    return {"external_link": url, "expiration": expiration.isoformat().replace("+00:00", "Z")}


def content(request: Request, path: str, expires: int, signature: str) -> tuple[bytes, str]:
    """Bytes and media type of what a link points to. Raises DatabricksError 400, 403, 404."""
    if request.headers.get("authorization"):  # as Azure's storage, which takes it for a credential of its own
        raise DatabricksError(400, "BAD_REQUEST", "A link to a result is to be used without an Authorization header.")
    platform: Platform = request.app.state.platform
    signed_urls.verify(platform, request.app.state.workspace, "GET", path, expires, signature)
    statement_id, index, kind = path.split("/")
    if kind == _ARROW:
        return result_files.path(platform, statement_id, int(index)).read_bytes(), results.MEDIA_TYPES[kind]
    table = result_files.read(platform, statement_id, int(index))
    return results.encoded(table, kind, first=index == "0"), results.MEDIA_TYPES[kind]
