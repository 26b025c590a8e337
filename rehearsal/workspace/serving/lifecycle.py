"""Starts and stops Model Serving with the platform, and says where the running one is."""

from __future__ import annotations

from rehearsal.workspace.context import Platform
from rehearsal.workspace.serving.admission import Admissions
from rehearsal.workspace.serving.deployments import Deployments
from rehearsal.workspace.serving.payload_log import PayloadLog
from rehearsal.workspace.serving.rate_limits import RateLimits

_running: Deployments | None = None
_payloads: PayloadLog | None = None
_admissions: Admissions | None = None
_limits = RateLimits()


def start(platform: Platform) -> None:
    """Bring back all endpoints that were configured, in the background."""
    global _running, _payloads, _admissions, _limits
    _payloads, _admissions, _limits = PayloadLog(platform), Admissions(platform), RateLimits()
    _payloads.start()
    _running = Deployments(platform)
    _running.restore()


def stop() -> None:
    """End all model servers, then bring what was logged into the inference tables."""
    global _running, _payloads, _admissions
    if _running is not None:
        _running.close()
    if _payloads is not None:
        _payloads.stop()
    if _admissions is not None:
        _admissions.close()
    _running = _payloads = _admissions = None


def deployments() -> Deployments:
    """The running platform's deployments."""
    if _running is None:
        raise RuntimeError("Model Serving is not started")
    return _running


def payloads() -> PayloadLog:
    """The running platform's log of requests for the inference tables."""
    if _payloads is None:
        raise RuntimeError("Model Serving is not started")
    return _payloads


def admissions() -> Admissions:
    """Who may ask, on the running platform."""
    if _admissions is None:
        raise RuntimeError("Model Serving is not started")
    return _admissions


def rate_limits() -> RateLimits:
    """The running platform's counts of requests."""
    return _limits
