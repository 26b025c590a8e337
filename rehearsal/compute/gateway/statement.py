"""A SQL statement that has been understood: its text, the tables it names, and what it does to each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Use = Literal["SELECT", "MODIFY", "UPDATE", "CREATE", "DROP", "OWN", "VIEW"]


@dataclass
class Reference:
    """A table's name in the text: where it stands, what it says, what happens to the table."""

    start: int
    end: int
    parts: list[str]
    use: Use
    alias: str = ""  # to be added behind the new name, so that `t.column` still finds its table


@dataclass
class Statement:
    """A statement that has been understood."""

    text: str
    references: list[Reference] = field(default_factory=list)
    # CREATE TABLE only
    replace: bool = False
    if_not_exists: bool = False
    if_exists: bool = False
    comment: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    owner: str | None = None
    handled: bool = False  # the catalog does all of it; Spark has nothing to do
    qualifiers: list[tuple[int, int, str]] = field(default_factory=list)

    def rewritten(self, name_of: Callable[[Reference], str]) -> str:
        """The text with each reference replaced by what `name_of` returns for it."""
        edits = [(ref.start, ref.end, name_of(ref)) for ref in self.references] + self.qualifiers
        text = self.text
        for start, end, new in sorted(edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text
