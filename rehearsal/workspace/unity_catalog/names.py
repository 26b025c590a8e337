"""Names of Unity Catalog's objects: three levels, case-insensitive, stored in lower case."""

from __future__ import annotations

import re

from rehearsal.workspace.errors import invalid

# https://learn.microsoft.com/azure/databricks/sql/language-manual/sql-ref-names: no period, space, slash or control.
_PART = re.compile(r"[^\s./\x00-\x1f\x7f]{1,255}")


def part(name: str | None, what: str = "name") -> str:
    """One level of a name, in lower case. Raises DatabricksError 400."""
    if not name or not _PART.fullmatch(name) or name in (".", ".."):
        raise invalid(f"Invalid input: {what} {name!r} is not a valid name.")
    return name.lower()


def checked(full_name: str, levels: int) -> list[str]:
    """The levels of a full name, in lower case. Raises DatabricksError 400 when there are more or fewer."""
    parts = full_name.split(".")
    if len(parts) != levels:
        raise invalid(f"Invalid input: '{full_name}' is not a name of {levels} levels.")
    return [part(level) for level in parts]
