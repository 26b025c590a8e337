"""Lists in pages: at most `max_results` at a time, and a token for the rest."""

from __future__ import annotations

from typing import Any

from rehearsal.workspace.errors import invalid

# What max_results=0 asks for, "a server configured value".
_PAGE = 1000


def page(key: str, items: list[Any], max_results: int | None, page_token: str | None) -> dict[str, Any]:
    """The answer with one page of a list that is in a fixed order; all of it where no size is asked for.

    Raises DatabricksError 400 for a negative size, or for a token that no answer held.
    """
    if max_results is not None and max_results < 0:
        raise invalid(f"max_results must not be negative; found {max_results}.")
    if page_token and not page_token.isdecimal():
        raise invalid(f"Invalid page token '{page_token}'.")
    start = int(page_token or 0)
    end = len(items) if max_results is None else start + (max_results or _PAGE)
    answer: dict[str, Any] = {key: items[start:end]}
    if end < len(items):
        answer["next_page_token"] = str(end)
    return answer
