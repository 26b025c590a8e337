"""A SQL statement that has been understood: its text, the tables it names, and what it does to each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rehearsal.compute.gateway.metadata import Metadata

# What Spark runs when the catalog has done everything: it succeeds, answers no rows and touches nothing.
NOTHING = "DROP VIEW IF EXISTS `nothing is left to do`"
# Does what a statement about the catalog alone asks for, and gives back what Spark is to run.
Answer = Callable[["Metadata"], str]
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
    answer: Answer | None = None  # it is about the catalog alone
    qualifiers: list[tuple[int, int, str]] = field(default_factory=list)

    def rewritten(self, name_of: Callable[[Reference], str]) -> str:
        """The text with each reference replaced by what `name_of` returns for it."""
        edits = [(ref.start, ref.end, name_of(ref)) for ref in self.references] + self.qualifiers
        text = self.text
        for start, end, new in sorted(edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text
