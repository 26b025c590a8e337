"""Uploads that a killed workspace had not finished are nobody's: their drafts go when the next one starts."""

from __future__ import annotations

from rehearsal.workspace.context import Platform
from rehearsal.workspace.files import uploads


def start(platform: Platform) -> None:
    """Remove what is left over."""
    for draft in uploads.drafts(platform).glob("*"):
        draft.unlink()


def stop() -> None:
    """Nothing to do: an upload under way removes its own draft."""
