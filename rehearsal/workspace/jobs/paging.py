"""Pages of lists: a token is the offset at which its page begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from rehearsal.workspace.errors import invalid

Item = TypeVar("Item")
# https://docs.databricks.com/api/azure/workspace/jobs/get: tasks and their like come in pages of as many.
TASKS = 100


def page(items: Sequence[Item], token: str, limit: int) -> tuple[list[Item], str | None, str | None]:
    """The page that the token names, and the tokens of the next and the previous one. Raises DatabricksError 400."""
    if token and not (token.isdecimal() and token.isascii()):
        raise invalid(f"Invalid page token: {token}")
    first = int(token or 0)
    following = str(first + limit) if first + limit < len(items) else None
    previous = str(max(0, first - limit)) if first else None
    return list(items[first : first + limit]), following, previous
