"""Names of Unity Catalog's objects: three levels, case-insensitive, stored in lower case."""

from __future__ import annotations

import re

from rehearsal.workspace.errors import invalid

# https://learn.microsoft.com/azure/databricks/sql/language-manual/sql-ref-names: no period, space, slash or control.
# Backticks are left out, too: names stand between them in SQL.
_PART = re.compile(r"[^\s./`\x00-\x1f\x7f]{1,255}")
_LONGEST = 255


def part(name: object, what: str = "name") -> str:
    """One level of a name, as a body has it, in lower case. Raises DatabricksError 400."""
    # What is not printable, such as marks that turn the direction of writing, makes a name look like another.
    if not (isinstance(name, str) and _PART.fullmatch(name) and name.isprintable() and len(name.lower()) <= _LONGEST):
        raise invalid(
            f"Invalid input: {what} {str(name or '')[:_LONGEST]!r} is not a valid name: up to {_LONGEST} characters, "
            "without periods, spaces, slashes, backticks and control characters."
        )
    return name.lower()


def checked(full_name: str, levels: int) -> list[str]:
    """The levels of a full name, in lower case. Raises DatabricksError 400 when there are more or fewer."""
    parts = full_name.split(".")
    if len(parts) != levels:
        raise invalid(f"Invalid input: '{full_name}' is not a name of {levels} levels.")
    return [part(level) for level in parts]
