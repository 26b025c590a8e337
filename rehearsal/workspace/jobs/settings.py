"""A job's settings: checked and completed with Databricks' defaults before they are stored."""

from __future__ import annotations

import re
from typing import Any

from databricks.sdk.service.jobs import JobSettings, Task

from rehearsal.workspace.errors import invalid
from rehearsal.workspace.jobs import graph
from rehearsal.workspace.store import Body

_TASK_KEY = re.compile(r"[\w-]{1,100}")
_KINDS = tuple(name for name in Task.__dataclass_fields__ if name.endswith("_task"))
_MERGED = {"tasks": "task_key", "job_clusters": "job_cluster_key", "environments": "environment_key"}


def complete(body: Body) -> Body:
    """The settings to store. Raises DatabricksError 400 for settings that could never run."""
    try:
        wanted = JobSettings.from_dict(body).as_dict()
    except (TypeError, AttributeError, KeyError, ValueError) as error:
        raise invalid(f"The job's settings are malformed: {error}") from error
    settings: Body = {
        "name": "Untitled",
        "email_notifications": {},
        "webhook_notifications": {},
        "timeout_seconds": 0,
        "max_concurrent_runs": 1,
        **wanted,
        "format": "MULTI_TASK",
    }
    tasks = settings.get("tasks", [])
    for task in tasks:
        for name, value in (("run_if", "ALL_SUCCESS"), ("timeout_seconds", 0), ("email_notifications", {})):
            task.setdefault(name, value)
    _check_limits(settings)
    _check_graph(tasks)
    environments = {environment["environment_key"] for environment in settings.get("environments", [])}
    for task in tasks:
        _check_task(task, environments)
    return settings


def merge(before: Body, new: Body, removed: list[str]) -> Body:
    """The settings after an update: fields replaced whole, but for tasks and their like, replaced by their keys."""
    after = {**before, **new}
    for field, key in _MERGED.items():
        if field in new and field in before:
            by_key = {item[key]: item for item in before[field]} | {item[key]: item for item in new[field]}
            after[field] = list(by_key.values())
    for field in removed:
        name, _, item = field.partition("/")
        if item and name in _MERGED:
            after[name] = [entry for entry in after.get(name, []) if entry[_MERGED[name]] != item]
        else:
            after.pop(name, None)
    return after


def depends_on(tasks: list[Body]) -> dict[str, list[str]]:
    """The graph: each task's key with the keys of those that it depends on."""
    return {task["task_key"]: [parent["task_key"] for parent in task.get("depends_on", [])] for task in tasks}


def _check_limits(settings: dict[str, Any]) -> None:
    if not 0 <= settings["max_concurrent_runs"] <= 1000:
        raise invalid("max_concurrent_runs must be between 0 and 1000.")
    if settings["timeout_seconds"] < 0:
        raise invalid("timeout_seconds must not be negative.")
    if len(settings.get("tasks", [])) > 1000:
        raise invalid("A job can have at most 1000 tasks.")
    names = [parameter["name"] for parameter in settings.get("parameters", [])]
    if len(names) != len(set(names)):
        raise invalid("The job's parameters have duplicated names.")
    for trigger in ("trigger", "continuous"):
        if trigger in settings:
            raise invalid(f"The setting '{trigger}' is not supported by this workspace; use schedule.")


def _check_graph(tasks: list[Body]) -> None:
    keys = [task.get("task_key", "") for task in tasks]
    for key in keys:
        if not _TASK_KEY.fullmatch(key):
            raise invalid(f"'{key}' is not a valid task key: only letters, digits, '-' and '_', at most 100 of them.")
        if keys.count(key) > 1:
            raise invalid(f"Duplicate task keys are not allowed: '{key}'.")
    parents = depends_on(tasks)
    for key, wanted in parents.items():
        unknown = [parent for parent in wanted if parent not in parents]
        if unknown:
            raise invalid(f"Task '{key}' depends on unknown task '{unknown[0]}'.")
    circle = graph.cycle(parents)
    if circle:
        raise invalid(f"The tasks' dependencies form a cycle: {' -> '.join(circle)}.")


def _check_task(task: Body, environments: set[str]) -> None:
    key = task["task_key"]
    kinds = [kind for kind in _KINDS if kind in task]
    if len(kinds) != 1:
        raise invalid(f"Task '{key}' must have exactly one type of task; it has {kinds or 'none'}.")
    if kinds != ["python_wheel_task"]:
        raise invalid(f"Task '{key}': {kinds[0]} is not supported by this workspace; use python_wheel_task.")
    wheel = task["python_wheel_task"]
    for field in ("package_name", "entry_point"):
        if not wheel.get(field):
            raise invalid(f"Task '{key}': python_wheel_task.{field} is required.")
    if wheel.get("parameters") and wheel.get("named_parameters"):
        raise invalid(f"Task '{key}': parameters and named_parameters cannot both be set.")
    for cluster in ("new_cluster", "existing_cluster_id", "job_cluster_key"):
        if cluster in task:
            raise invalid(f"Task '{key}': {cluster} is not supported: this workspace has serverless compute only.")
    if "environment_key" not in task:
        raise invalid(f"Task '{key}': environment_key is required for a python_wheel_task on serverless compute.")
    if task["environment_key"] not in environments:
        raise invalid(f"Task '{key}' refers to environment '{task['environment_key']}', which the job does not define.")
