"""The part of SCIM's filter language that clients use: comparisons of attributes, joined by `and`.

https://learn.microsoft.com/azure/databricks/admin/users-groups/scim/ - eq, ne, co and sw are what Databricks knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rehearsal.workspace.errors import invalid
from rehearsal.workspace.store import Body

_TERM = re.compile(r"""\s*([\w.]+)\s+(eq|ne|co|sw)\s+(?:"([^"]*)"|'([^']*)'|(\S+))\s*""", re.IGNORECASE)
_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda held, wanted: held == wanted,
    "ne": lambda held, wanted: held != wanted,
    "co": lambda held, wanted: wanted in held,
    "sw": lambda held, wanted: held.startswith(wanted),
}


def matches(resource: Body, expression: str | None) -> bool:
    """Does a SCIM resource fulfil the filter? No filter lets all pass. Raises DatabricksError 400."""
    if not expression:
        return True
    return all(_term(resource, term, expression) for term in re.split(r"\s+and\s+", expression, flags=re.IGNORECASE))


def _term(resource: Body, term: str, expression: str) -> bool:
    parsed = _TERM.fullmatch(term)
    if parsed is None:
        raise invalid(f"Given filter operator is not supported: {expression}", "INVALID_PARAMETER_VALUE")
    attribute, operator = parsed[1].lower(), parsed[2].lower()
    wanted = next(value for value in parsed.groups()[2:] if value is not None)
    held = [str(value) for key, value in resource.items() if key.lower() == attribute]
    return bool(held) and _COMPARE[operator](held[0].lower(), wanted.lower())
