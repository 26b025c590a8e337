"""Refreshes that a killed workspace left are ended when the next one starts."""

from __future__ import annotations

from rehearsal.workspace.context import Platform
from rehearsal.workspace.monitoring import refreshes


def start(platform: Platform) -> None:
    """Mark what was under way."""
    refreshes.note_lost(platform)


def stop() -> None:
    """Nothing to do: a refresh that is under way is lost, and told as such by the next start."""
