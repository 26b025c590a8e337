"""What a service says of itself for the page "What is emulated": what works, what differs, what is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Notes:
    """One service's part of the page; every entry is one line of Markdown."""

    title: str
    summary: str
    works: tuple[str, ...]
    differs: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
