"""A model version's description: what the model is, then sections that stages write anew. Pure functions."""

from __future__ import annotations


def without_section(description: str | None, heading: str) -> str:
    """The description as it was before the section of this heading, and whatever follows it, was written."""
    return (description or "").split(heading)[0].rstrip()


def with_section(description: str | None, heading: str, section: str) -> str:
    """The description with this section, which begins with the heading, in place of an earlier one."""
    return f"{without_section(description, heading)}\n\n{section}".lstrip()
