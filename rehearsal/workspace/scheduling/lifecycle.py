"""The scheduler's life: started after all that it starts, stopped before."""

from __future__ import annotations

from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.jobs.triggers.arrivals import Arrivals
from rehearsal.workspace.scheduling.scheduler import Scheduler
from rehearsal.workspace.scheduling.sources.alerts import Alerts
from rehearsal.workspace.scheduling.sources.jobs import Jobs
from rehearsal.workspace.scheduling.sources.monitors import Monitors

_scheduler: Scheduler | None = None
_alerts: Alerts | None = None


def start(platform: Platform) -> None:
    """Make up for what is owed, then look for what is due."""
    global _scheduler, _alerts
    _alerts = Alerts(platform)
    _alerts.make_up()
    _scheduler = Scheduler(platform, (Jobs(platform), Monitors(platform), _alerts, Arrivals(platform)))
    _scheduler.start()


def stop() -> None:
    """Start nothing more."""
    global _scheduler, _alerts
    if _scheduler is not None and _alerts is not None:
        _scheduler.stop()
        _alerts.close()
    _scheduler = _alerts = None


def scheduler() -> Scheduler:
    """The running one. Raises DatabricksError 503 when the workspace is stopping."""
    if _scheduler is None:
        raise DatabricksError(503, "TEMPORARILY_UNAVAILABLE", "The scheduler is not running.")
    return _scheduler
