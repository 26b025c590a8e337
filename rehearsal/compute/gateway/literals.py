"""Values as SQL literals."""

from __future__ import annotations


def text(value: str) -> str:
    """The text in quotes."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def boolean(value: bool) -> str:
    """`true` or `false`."""
    return "true" if value else "false"
