"""The documents that people read, parsed: their links, their code, and the words that are code within text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file that it is said to be, and its text."""

    language: str
    title: str
    text: str


def documents() -> list[Path]:
    """README and all of docs/ that is written by hand or generated."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(file: Path) -> list[Block]:
    """The fenced blocks of a document, in order."""
    return [_block(token) for token in _tokens(file) if token.type == "fence"]


def links(file: Path) -> Iterator[str]:
    """Where links and pictures of a document lead."""
    for token in _tokens(file):
        if token.type == "link_open":
            yield str(token.attrs["href"])
        elif token.type == "image":
            yield str(token.attrs["src"])


def words(file: Path) -> Iterator[str]:
    """Text between backticks."""
    return (token.content for token in _tokens(file) if token.type == "code_inline")


def commands(file: Path) -> Iterator[str]:
    """Lines of shell blocks, continued ones as one, and words in backticks, without comments."""
    for block in blocks(file):
        if block.language == "sh":
            for line in block.text.replace("\\\n", " ").splitlines():
                yield line.partition(" #")[0].strip()
    yield from words(file)


def _block(token: Token) -> Block:
    language, _, rest = token.info.partition(" ")
    title = TITLE.search(rest)
    return Block(language, title[1] if title else "", token.content)


def _tokens(file: Path) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").enable("table").parse(file.read_text(encoding="utf-8")):
        yield token
        yield from token.children or ()
