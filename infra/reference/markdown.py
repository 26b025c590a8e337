"""The little Markdown that the generated pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def page(title: str, *blocks: str) -> str:
    """A page: its title, that it is generated, and its blocks."""
    note = "Written by `make docs` from the code and its settings; not for editing."
    return "\n\n".join([f"# {title}", note, *(block for block in blocks if block)]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; empty cells stay empty."""
    lines = [head, ["---"] * len(head), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(text: str) -> str:
    """Text as it is typed."""
    return f"`{text}`"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
