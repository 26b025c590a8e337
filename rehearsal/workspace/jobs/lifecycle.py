"""The engine's life: started with the workspace, takes up what the last one left, stopped before the processes are."""

from __future__ import annotations

from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.jobs.engine import Engine

_engine: Engine | None = None


def start(platform: Platform) -> None:
    """Start the engine; runs that were active go on or are marked as lost."""
    global _engine
    _engine = Engine(platform)
    _engine.recover()


def stop() -> None:
    """End the running tasks' processes."""
    global _engine
    if _engine is not None:
        _engine.stop()
    _engine = None


def engine() -> Engine:
    """The started engine. Raises DatabricksError 503 when the workspace is stopping."""
    if _engine is None:
        raise DatabricksError(503, "TEMPORARILY_UNAVAILABLE", "The jobs service is not running.")
    return _engine
