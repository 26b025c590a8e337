"""A job's settings: checked and completed with Databricks' defaults before they are stored."""

from __future__ import annotations

import re
from typing import Any

from databricks.sdk.service.jobs import JobSettings, Task

from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.jobs import graph, health, notifications
from rehearsal.workspace.jobs.attempt import Scope
from rehearsal.workspace.jobs.tasks import TYPES
from rehearsal.workspace.jobs.triggers import settings as trigger_settings
from rehearsal.workspace.store import Body

_LARGEST = 2**31 - 1  # numbers of this API's settings are 32-bit
_TASK_KEY = re.compile(r"[\w-]{1,100}")
_KINDS = tuple(name for name in Task.__dataclass_fields__ if name.endswith("_task"))
_MERGED = {"tasks": "task_key", "job_clusters": "job_cluster_key", "environments": "environment_key"}
# What a job or task can say on Databricks and nothing here would heed: refused, so that nothing is ignored in silence.
_UNKNOWN_TO_JOBS = {
    "continuous": "use schedule or trigger",
    "triggers": "use schedule or trigger",
    "git_source": "upload wheels and files to a volume",
    "job_clusters": "this workspace has serverless compute only",
    "environment_variables": "give parameters",
}
_UNKNOWN_TO_TASKS = ("compute", "disabled", "environment_variables_key")
# Fields of `runs/submit` that are settings of the run; the others say who may see it, and who it runs as.
_ONE_TIME = (
    "tasks",
    "environments",
    "timeout_seconds",
    "queue",
    "health",
    "email_notifications",
    "webhook_notifications",
    "notification_settings",
    "git_source",
    "environment_variables",
    "budget_policy_id",
    "usage_policy_id",
    "performance_target",
)


def complete(body: Body) -> Body:
    """The settings to store. Raises DatabricksError 400 for settings that could never run."""
    wanted = parsed(JobSettings, body).as_dict()
    settings: Body = {
        "name": "Untitled",
        "email_notifications": {},
        "webhook_notifications": {},
        "timeout_seconds": 0,
        "max_concurrent_runs": 1,
        **wanted,
        "format": "MULTI_TASK",
    }
    return _checked(settings, "The job")


def one_time(body: Body) -> Body:
    """Settings of a run that `runs/submit` asks for. Raises DatabricksError 400."""
    wanted = parsed(JobSettings, {name: body[name] for name in _ONE_TIME if name in body}).as_dict()
    if not wanted.get("tasks"):
        raise invalid("tasks must name at least one task.")
    name = body.get("run_name") or "Untitled"
    settings: Body = {"timeout_seconds": 0, "max_concurrent_runs": 1, **wanted, "name": name, "format": "MULTI_TASK"}
    return _checked(settings, "The run")


def merge(before: Body, new: Body, removed: list[str]) -> Body:
    """The settings after an update: fields replaced whole, but for tasks and their like, replaced by their keys.

    Raises DatabricksError 400.
    """
    new = parsed(JobSettings, new).as_dict()
    after = {**before, **new}
    for field, key in _MERGED.items():
        if field in new and field in before:
            by_key = {item.get(key): item for item in (*before[field], *new[field])}
            after[field] = list(by_key.values())
    for field in removed:
        name, _, item = field.partition("/")
        if item and name in _MERGED:
            after[name] = [entry for entry in after.get(name, []) if entry[_MERGED[name]] != item]
        else:
            after.pop(name, None)
    return after


def _checked(settings: Body, owner: str) -> Body:
    _check_limits(settings, owner)
    tasks = settings.get("tasks", [])
    _check_keys(tasks)
    environments = frozenset(
        environment.get("environment_key") or "" for environment in settings.get("environments", [])
    )
    if "" in environments:
        raise invalid("Each of the job's environments needs an environment_key.")
    scope = Scope(environments, lambda nested: _check_task(nested, scope))
    for task in tasks:
        _check_task(task, scope)
    _check_graph(tasks)
    return settings


def _check_limits(settings: dict[str, Any], owner: str) -> None:
    for field, instead in _UNKNOWN_TO_JOBS.items():
        if settings.get(field) not in (None, []):
            raise invalid(f"The setting '{field}' is not supported by this workspace; {instead}.")
    if not 0 <= settings["max_concurrent_runs"] <= 1000:
        raise invalid("max_concurrent_runs must be between 0 and 1000.")
    if not 0 <= settings["timeout_seconds"] <= _LARGEST:
        raise invalid(f"timeout_seconds must be between 0 and {_LARGEST}.")
    if len(settings.get("tasks", [])) > 1000:
        raise invalid("A job can have at most 1000 tasks.")
    names = [parameter.get("name") for parameter in settings.get("parameters", [])]
    if not all(names) or any("default" not in parameter for parameter in settings.get("parameters", [])):
        raise invalid("Each of the job's parameters needs a name and a default.")
    if len(names) != len(set(names)):
        raise invalid("The job's parameters have duplicated names.")
    notifications.check(owner, settings)
    health.check(owner, settings)
    trigger_settings.check(settings)


def _check_keys(tasks: list[Body]) -> None:
    keys = [task.get("task_key", "") for task in tasks]
    nested = [(task.get("for_each_task") or {}).get("task") for task in tasks]
    keys += [each.get("task_key", "") for each in nested if each]
    for key in keys:
        if not _TASK_KEY.fullmatch(key):
            raise invalid(f"'{key}' is not a valid task key: only letters, digits, '-' and '_', at most 100 of them.")
        if keys.count(key) > 1:
            raise invalid(f"Duplicate task keys are not allowed: '{key}'.")


def _check_graph(tasks: list[Body]) -> None:
    by_key = {task["task_key"]: task for task in tasks}
    for task in tasks:
        for parent in task.get("depends_on") or []:
            key, outcome = parent.get("task_key"), parent.get("outcome")
            if key not in by_key:
                raise invalid(f"Task '{task['task_key']}' depends on unknown task '{key}'.")
            if outcome is None:
                continue
            if "condition_task" not in by_key[key]:
                raise invalid(f"Task '{task['task_key']}': only a dependency on an if/else task has an outcome.")
            if outcome not in ("true", "false"):
                raise invalid(
                    f"Task '{task['task_key']}': the outcome of '{key}' is 'true' or 'false', not '{outcome}'."
                )
    circle = graph.cycle(graph.of(tasks))
    if circle:
        raise invalid(f"The tasks' dependencies form a cycle: {' -> '.join(circle)}.")


def _check_task(task: Body, scope: Scope) -> None:
    """Complete and check one task. Raises DatabricksError 400."""
    key = task["task_key"]
    for name, value in (("run_if", "ALL_SUCCESS"), ("timeout_seconds", 0), ("email_notifications", {})):
        task.setdefault(name, value)
    kinds = [kind for kind in _KINDS if kind in task]
    if len(kinds) != 1:
        raise invalid(f"Task '{key}' must have exactly one type of task; it has {kinds or 'none'}.")
    (kind,) = kinds
    if kind not in TYPES:
        raise invalid(
            f"Task '{key}': {kind} is not supported by this workspace; use one of {', '.join(sorted(TYPES))}."
        )
    for field in _UNKNOWN_TO_TASKS:
        if task.get(field):
            raise invalid(f"Task '{key}': {field} is not supported by this workspace.")
    for field, least in (("timeout_seconds", 0), ("min_retry_interval_millis", 0), ("max_retries", -1)):
        if not least <= task.get(field, 0) <= _LARGEST:
            raise invalid(f"Task '{key}': {field} must be between {least} and {_LARGEST}.")
    notifications.check(f"Task '{key}'", task)
    health.check(f"Task '{key}'", task)
    TYPES[kind].check(key, task, scope)
