"""Markdown of comments: sections that are replaced one by one, tables, and what is too long. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# GitHub takes 65,536 characters in a comment, which has two sections at most.
SECTION_LENGTH = 30_000
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def with_section(body: str, name: str, text: str) -> str:
    """The body with a section put in, or instead of the one of this name; the others stay as they are."""
    begin, end = f"<!-- section {name} -->", f"<!-- end {name} -->"
    section = f"{begin}\n{text}\n{end}"
    before, found, rest = body.partition(begin)
    if not found:
        return f"{body}\n{section}".lstrip("\n")
    return before + section + rest.partition(end)[2]


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; empty where there are no rows."""
    lines = [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(columns)} |", "|---" * len(columns) + "|", *lines]) if lines else ""


def fenced(lines: Iterable[str]) -> str:
    """Output of a program, without colours; nothing in it can end the block."""
    text = "\n".join(_COLOUR.sub("", line).rstrip() for line in lines)
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall(r"`+", text))])
    return f"{fence}text\n{text}\n{fence}"


def cut(text: str, where_else: str, length: int = SECTION_LENGTH) -> str:
    """Whole lines, as many as there is room for; `where_else` is where one reads the rest."""
    if len(text) <= length:
        return text
    kept = text[:length].rpartition("\n")[0]
    return f"{kept}\n\n… and {len(text) - len(kept):,} characters more: {where_else}"


def _cell(value: str) -> str:
    return value.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", "<br>")
