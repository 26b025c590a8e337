"""Starts and stops Model Serving with the platform, and says where the running one is."""

from __future__ import annotations

from rehearsal.workspace.context import Platform
from rehearsal.workspace.serving.deployments import Deployments

_running: Deployments | None = None


def start(platform: Platform) -> None:
    """Bring back all endpoints that were configured, in the background."""
    global _running
    _running = Deployments(platform)
    _running.restore()


def stop() -> None:
    """End all model servers."""
    global _running
    if _running is not None:
        _running.close()
    _running = None


def deployments() -> Deployments:
    """The running platform's deployments."""
    if _running is None:
        raise RuntimeError("Model Serving is not started")
    return _running
