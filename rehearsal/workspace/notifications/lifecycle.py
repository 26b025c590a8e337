"""Webhooks are delivered while the workspace runs."""

from __future__ import annotations

from rehearsal.workspace.context import Platform
from rehearsal.workspace.notifications.delivery import Courier

_courier: Courier | None = None


def start(platform: Platform) -> None:
    """Go on with what waits."""
    global _courier
    _courier = Courier(platform)
    _courier.start()


def stop() -> None:
    """Stop; what waits is delivered by the next one."""
    global _courier
    if _courier is not None:
        _courier.stop()
    _courier = None
