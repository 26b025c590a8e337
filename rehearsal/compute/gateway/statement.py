"""A SQL statement that has been understood: its text, the tables and functions it names, and what it does to each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from rehearsal.compute.gateway.tables import Tables

# What Spark runs when the catalog has done everything: it succeeds, answers no rows and touches nothing.
NOTHING = "DROP VIEW IF EXISTS `nothing is left to do`"
# Does what a statement asks for, and gives back what Spark is to run.
Answer = Callable[[Tables], str]
# What happens to a table: it is read, appended to, changed row by row (which reads it, too), or made.
Use = Literal["SELECT", "MODIFY", "UPDATE", "CREATE"]
Edit = tuple[int, int, str]


@dataclass
class Reference:
    """A table's name in the text: where it stands, what it says, what happens to the table."""

    start: int
    end: int
    parts: list[str]
    use: Use
    alias: str = ""  # to be added behind the new name, so that `t.column` still finds its table
    travels: bool = False  # a version follows, which views do not have


@dataclass
class Call:
    """A function's name with its opening parenthesis, which ends at `end`; `close` is set where nothing is between."""

    start: int
    end: int
    parts: list[str]
    close: int | None = None


@dataclass
class Statement:
    """A statement that has been understood."""

    text: str
    references: list[Reference] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    qualifiers: list[Edit] = field(default_factory=list)
    query: bool = False  # it only reads: whoever looks at its schema may have it analysed
    answer: Answer | None = None  # it is understood from its words; names in it are not rewritten here
    temporary_view: str | None = None  # CREATE TEMPORARY VIEW
    # CREATE TABLE only
    replace: bool = False
    must_exist: bool = False
    if_not_exists: bool = False
    comment: str | None = None
    properties: dict[str, str] = field(default_factory=dict)

    def rewritten(self, name_of: Callable[[Reference], str], called: Callable[[Call], Edit | None]) -> str:
        """The text with each reference and call replaced by what the functions return for it."""
        edits = [(ref.start, ref.end, name_of(ref)) for ref in self.references] + self.qualifiers
        edits += [edit for edit in map(called, self.calls) if edit is not None]
        return edited(self.text, edits)


def edited(text: str, edits: list[Edit]) -> str:
    """The text with ranges of it replaced."""
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text
