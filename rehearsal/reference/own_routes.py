"""The rehearsal's own routes, of which Databricks has none, from the applications' OpenAPI documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def own_routes(documents: Iterable[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """(verb, path, what it does), in order of path."""
    found = {
        (path, verb.upper(), operation.get("description", "").partition("\n")[0])
        for document in documents
        for path, operations in document["paths"].items()
        if "/understudy/" in path
        for verb, operation in operations.items()
    }
    return [(verb, path, text) for path, verb, text in sorted(found)]
