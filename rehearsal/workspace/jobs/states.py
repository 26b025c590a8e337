"""A run's or task's state, as the API tells it: `status` (2.2) and the older `state` (2.1), both from one record.

The record's fields: phase (RunLifecycleStateV2State), result (RunResultState or None), code (TerminationCodeCode or
None), message. https://docs.databricks.com/api/azure/workspace/jobs/getrun
"""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.jobs import (
    QueueDetails,
    QueueDetailsCodeCode,
    RunLifeCycleState,
    RunLifecycleStateV2State,
    RunResultState,
    RunState,
    RunStatus,
    TerminationCodeCode,
    TerminationDetails,
    TerminationTypeType,
)

ACTIVE = frozenset({"QUEUED", "PENDING", "RUNNING", "TERMINATING", "BLOCKED", "WAITING"})
FAILED = frozenset({"FAILED", "TIMEDOUT", "UPSTREAM_FAILED"})
CANCELED = frozenset({"CANCELED", "UPSTREAM_CANCELED"})

# The message of a task whose own code failed; the reason itself is in the task's output.
WORKLOAD_FAILED = "Workload failed, see run output for details"
_LEGACY = {"WAITING": "WAITING_FOR_RETRY"}
_QUEUED = "Queued due to reaching maximum concurrent runs of the job."


def is_active(record: dict[str, Any]) -> bool:
    """Has it not ended yet?"""
    return record["phase"] in ACTIVE


def views(record: dict[str, Any], of_tasks: bool) -> tuple[RunState, RunStatus]:
    """Both views.

    Args:
        of_tasks: of a run of tasks, whose older state says INTERNAL_ERROR when a task of it has failed.
    """
    phase, result, code = record["phase"], record.get("result"), record.get("code")
    message = record.get("message") or ""
    legacy = _LEGACY.get(phase, phase)
    if result == "MAXIMUM_CONCURRENT_RUNS_REACHED" or code == "SKIPPED":
        legacy = "SKIPPED" if not of_tasks or result == "MAXIMUM_CONCURRENT_RUNS_REACHED" else legacy
    elif code in ("INTERNAL_ERROR", "DRIVER_ERROR") or (of_tasks and result == "FAILED"):
        legacy = "INTERNAL_ERROR"
    state = RunState(
        life_cycle_state=RunLifeCycleState(legacy),
        result_state=RunResultState(result) if result else None,
        state_message=message,
        user_cancelled_or_timedout=result in ("CANCELED", "TIMEDOUT"),
        queue_reason=_QUEUED if phase == "QUEUED" else None,
    )
    status = RunStatus(state=RunLifecycleStateV2State(phase))
    if phase == "QUEUED":
        status.queue_details = QueueDetails(code=QueueDetailsCodeCode.MAX_CONCURRENT_RUNS_REACHED, message=_QUEUED)
    if code:
        status.termination_details = TerminationDetails(
            code=TerminationCodeCode(code), type=TerminationTypeType(_kind(code)), message=message
        )
    return state, status


def _kind(code: str) -> str:
    if code in ("SUCCESS", "SUCCESS_WITH_FAILURES", "USER_CANCELED", "CANCELED"):
        return "SUCCESS"
    return "INTERNAL_ERROR" if code in ("INTERNAL_ERROR", "DRIVER_ERROR") else "CLIENT_ERROR"
