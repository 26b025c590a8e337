"""Files that a client sends along for its Python functions. Code for the JVM and other places are refused."""

from __future__ import annotations

from typing import Any

from rehearsal.compute.gateway.refusals import forbidden

_ALLOWED = ("pyfiles/", "files/", "archives/", "cache/")


def check(request: Any) -> None:
    """Raises Refusal for an artifact that is not for Python."""
    found = [artifact.name for artifact in request.batch.artifacts]
    if request.HasField("begin_chunk"):
        found.append(request.begin_chunk.name)
    for name in found:
        if not name.startswith(_ALLOWED) or ".." in name:
            raise forbidden(f"The artifact {name!r}")
