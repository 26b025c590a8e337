"""Dynamic value references: `{{job.run_id}}`, `{{tasks.train.values.model_uri}}` and their like in parameters.

https://learn.microsoft.com/azure/databricks/jobs/dynamic-value-references
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_REFERENCE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


class UnresolvedReference(ValueError):
    """A parameter refers to a value that is not there."""


@dataclass(frozen=True)
class Context:
    """What a task's references can reach."""

    job_id: int
    job_name: str
    run_id: int
    start_time: int
    task_key: str
    task_run_id: int
    attempt_number: int
    parameters: Mapping[str, str]
    workspace_url: str
    results: Mapping[str, str]
    task_value: Callable[[str, str], Any]  # of (task key, value's key); raises KeyError


def resolve(text: str, context: Context) -> str:
    """The text with every reference replaced. Raises UnresolvedReference."""
    return _REFERENCE.sub(lambda match: _value(match[1], context), text)


def _value(name: str, context: Context) -> str:
    fixed = {
        "job.id": context.job_id,
        "job.name": context.job_name,
        "job.run_id": context.run_id,
        "job.repair_count": 0,
        "job.trigger.type": "manual",
        "task.name": context.task_key,
        "task.run_id": context.task_run_id,
        "task.execution_count": context.attempt_number + 1,
        "workspace.url": context.workspace_url,
    }
    if name in fixed:
        return str(fixed[name])
    parts = name.split(".")
    if name.startswith("job.start_time.") and len(parts) == 3:
        return _time(parts[2], context.start_time, name)
    if name.startswith("job.parameters."):
        parameter = name.removeprefix("job.parameters.").strip('"`')
        if parameter in context.parameters:
            return context.parameters[parameter]
        raise UnresolvedReference(f"{{{{{name}}}}}: the job has no parameter '{parameter}'.")
    if parts[0] == "tasks" and len(parts) == 3 and parts[2] == "result_state":
        return context.results.get(parts[1], "").lower()
    if parts[0] == "tasks" and len(parts) >= 4 and parts[2] == "values":
        try:
            value = context.task_value(parts[1], ".".join(parts[3:]))
        except KeyError as error:
            raise UnresolvedReference(
                f"{{{{{name}}}}}: task '{parts[1]}' has set no task value '{'.'.join(parts[3:])}' in this run."
            ) from error
        return value if isinstance(value, str) else json.dumps(value)
    raise UnresolvedReference(f"{{{{{name}}}}} is not a known dynamic value reference.")


def _time(form: str, milliseconds: int, name: str) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    forms = {
        "iso_date": moment.date().isoformat(),
        "iso_datetime": moment.replace(microsecond=0, tzinfo=None).isoformat(),
        "timestamp_ms": str(milliseconds),
        "year": str(moment.year),
        "month": str(moment.month),
        "day": str(moment.day),
        "hour": str(moment.hour),
        "minute": str(moment.minute),
        "second": str(moment.second),
        "iso_weekday": str(moment.isoweekday()),
        "is_weekday": str(moment.isoweekday() < 6).lower(),
    }
    if form not in forms:
        raise UnresolvedReference(f"{{{{{name}}}}} is not a known dynamic value reference.")
    return forms[form]
