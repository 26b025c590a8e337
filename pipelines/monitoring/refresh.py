"""The monitor measures what is new in the inference log; the task ends when it has, so that alerts can rely on it."""

from __future__ import annotations

import time

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.catalog import MonitorRefreshInfo
from databricks.sdk.service.catalog import MonitorRefreshInfoState as State

from environments import names
from pipelines.errors import PipelineError
from pipelines.task import Task, log, run_stage

UNDER_WAY = (State.PENDING, State.RUNNING)
PAUSE_SECONDS = 1.0


def refresh(task: Task) -> None:
    """Ask for a refresh and wait for its end. Raises PipelineError when it does not succeed."""
    table, monitors = names.inference_log(task.environment, task.model), WorkspaceClient().quality_monitors
    info: MonitorRefreshInfo = monitors.run_refresh(table)
    while info.state in UNDER_WAY:
        time.sleep(PAUSE_SECONDS)
        info = monitors.get_refresh(table, int(info.refresh_id or 0))
    if info.state != State.SUCCESS:
        state = info.state.value if info.state else "no state"
        raise PipelineError(f"monitor of {table}", f"{state}: {info.message}", State.SUCCESS.value)
    log.info("monitor of %s: refreshed", table)


def main() -> None:
    """Entry point of the wheel."""
    run_stage("monitor_refresh", refresh)
