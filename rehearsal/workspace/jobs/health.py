"""Health rules: how long a run or task may take before people are warned.

https://learn.microsoft.com/azure/databricks/jobs/notifications#configure-thresholds-for-job-run-duration-or-streaming-backlog-metrics
"""

from __future__ import annotations

from databricks.sdk.service.jobs import JobsHealthMetric, JobsHealthOperator

from rehearsal.workspace.errors import invalid
from rehearsal.workspace.store import Body

_METRIC, _OPERATOR = JobsHealthMetric.RUN_DURATION_SECONDS.value, JobsHealthOperator.GREATER_THAN.value


def check(owner: str, settings: Body) -> None:
    """Raises DatabricksError 400 for rules that nothing here could measure."""
    for rule in (settings.get("health") or {}).get("rules") or []:
        if rule.get("metric") != _METRIC:
            raise invalid(f"{owner}: health rules of {rule.get('metric')} are not supported; use {_METRIC}.")
        if rule.get("op") != _OPERATOR or not 0 < (rule.get("value") or 0) < 2**31:
            raise invalid(f"{owner}: a health rule of {_METRIC} needs op {_OPERATOR} and a positive value.")


def duration_threshold(settings: Body) -> int | None:
    """Seconds after which to warn, if the settings say any."""
    values = [rule["value"] for rule in (settings.get("health") or {}).get("rules") or []]
    return min(values, default=None)
