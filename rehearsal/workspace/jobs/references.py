"""Dynamic value references: `{{job.run_id}}`, `{{tasks.train.values.model_uri}}` and their like in parameters.

What is in no known namespace stays as it is written, what is and does not exist is an error:
https://learn.microsoft.com/azure/databricks/jobs/dynamic-value-references
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_REFERENCE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_PART = re.compile(r"`[^`]*`|[^.]+")
_NAMESPACES = ("job", "task", "tasks", "workspace", "input", "backfill")
NO_INPUT = object()


class UnresolvedReference(ValueError):
    """A parameter refers to a value that is not there."""


@dataclass(frozen=True)
class Context:
    """What a task's references can reach."""

    fixed: Mapping[str, object]
    """Values of the references that are whole names, such as `job.id`."""
    start_time: int
    trigger_time: int | None
    """Milliseconds; None for a run that no schedule has triggered."""
    parameters: Mapping[str, str]
    tasks: Mapping[str, Mapping[str, Any]]
    """Records of the run's tasks, for `result_state`, `run_id`, `execution_count`, `error_code` and `output`."""
    task_value: Callable[[str, str], Any]
    """Of (task key, value's key); raises KeyError."""
    input: Any = field(default=NO_INPUT)
    """Of an iteration of a for-each task."""


def resolve(text: str, context: Context) -> str:
    """The text with every reference replaced. Raises UnresolvedReference."""
    return _REFERENCE.sub(lambda match: text_of(_value(match, context)), text)


def resolve_value(text: str, context: Context) -> Any:
    """As `resolve`; but a text that is nothing but one reference becomes the value itself, whatever its type."""
    whole = _REFERENCE.fullmatch(text.strip())
    return _value(whole, context) if whole else resolve(text, context)


def text_of(value: Any) -> str:
    """A value as parameters have it: strings as they are, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _value(match: re.Match[str], context: Context) -> Any:
    name = match[1]
    parts = [part.strip("`") for part in _PART.findall(name)]
    if not parts or parts[0] not in _NAMESPACES:
        return match[0]
    if name in context.fixed:
        return context.fixed[name]
    try:
        found = _of_namespace(parts, context)
    except KeyError as error:
        raise UnresolvedReference(f"{{{{{name}}}}}: {error.args[0]}") from error
    if found is None:
        raise UnresolvedReference(f"{{{{{name}}}}} is not a known dynamic value reference.")
    return found


def _of_namespace(parts: list[str], context: Context) -> Any:
    """The value; None for an unknown name. Raises KeyError whose argument says what is missing."""
    match parts:
        case ["job", "start_time", form]:
            return _time(form, context.start_time)
        case ["job", "trigger", "time", form]:
            if context.trigger_time is None:
                raise KeyError("the run was not triggered by a schedule.")
            return _time(form, context.trigger_time)
        case ["job", "parameters", *rest]:
            parameter = ".".join(rest)
            if parameter not in context.parameters:
                raise KeyError(f"the job has no parameter '{parameter}'.")
            return context.parameters[parameter]
        case ["tasks", key, *rest] if rest:
            return _of_task(key, rest, context)
        case ["input", *path]:
            return _of_input(path, context.input)
    return None


def _of_task(key: str, rest: list[str], context: Context) -> Any:
    if key not in context.tasks:
        raise KeyError(f"the run has no task '{key}'.")
    record = context.tasks[key]
    match rest:
        case ["values", *name] if name:
            try:
                return context.task_value(key, ".".join(name))
            except KeyError as error:
                raise KeyError(f"task '{key}' has set no task value '{'.'.join(name)}' in this run.") from error
        case ["result_state"]:
            return (record.get("result") or "").lower()
        case ["error_code"]:
            return record.get("code") or ""
        case ["run_id"]:
            return record["run_id"]
        case ["execution_count"]:
            return record["attempt_number"] + 1
        case ["output", *path] if path:
            return _of_output(key, path, record.get("output") or {})
    return None


def _of_output(key: str, path: list[str], output: Mapping[str, Any]) -> Any:
    """`output.rows`, `output.first_row`, `output.first_row.<column>`, `output.alert_state` of a SQL task."""
    value: Any = output
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            raise KeyError(f"task '{key}' has no output '{'.'.join(path)}'.")
        value = value[part]
    return value


def _of_input(path: list[str], given: Any) -> Any:
    if given is NO_INPUT:
        raise KeyError("only the task nested in a for-each task has an input.")
    for part in path:
        if not isinstance(given, dict) or part not in given:
            raise KeyError(f"the input has no key '{part}'.")
        given = given[part]
    return given


def _time(form: str, milliseconds: int) -> str | None:
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
    # The documentation writes `{{job.start_time.[iso_date]}}` for "one of these"; people copy it with the brackets.
    return forms.get(form.strip("[]"))
