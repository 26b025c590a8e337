"""Runs that the platform's end interrupted go on when it starts again."""

from __future__ import annotations

import threading

from rehearsal.workspace.arm.logic import runs
from rehearsal.workspace.context import Platform

_threads: list[threading.Thread] = []


def start(platform: Platform) -> None:
    """Go on with what was under way. The first call of a run may come before the ports answer; it is repeated."""
    with platform.store.transaction() as tx:
        waiting = runs.unfinished(tx)
    _threads.extend(runs.perform_later(platform, record) for record in waiting)


def stop() -> None:
    """Runs are stored after each action: what is under way goes on at the next start."""
    _threads.clear()
