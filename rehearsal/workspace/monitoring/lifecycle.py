"""Refreshes that a killed workspace left are ended when the next one starts."""

from __future__ import annotations

from rehearsal.workspace.context import Platform
from rehearsal.workspace.monitoring import refreshes


def start(platform: Platform) -> None:
    """Mark what was under way."""
    refreshes.note_lost(platform)


def stop() -> None:
    """Begin no further refresh."""
    refreshes.stop()
