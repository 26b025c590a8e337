"""A job's `schedule` and `trigger`, checked when the job is made. https://docs.databricks.com/aws/en/jobs/triggers"""

from __future__ import annotations

from rehearsal.workspace.errors import invalid
from rehearsal.workspace.scheduling import quartz
from rehearsal.workspace.store import Body

PERIODIC, FILES, TABLES = "periodic", "file_arrival", "table_update"
_WAITS = ("min_time_between_triggers_seconds", "wait_after_last_change_seconds")
_LEAST_WAIT_SECONDS = 60
_MOST_TABLES = 10


def check(settings: Body) -> None:
    """Raises DatabricksError 400 for a schedule or trigger that could never start the job."""
    schedule, trigger = settings.get("schedule"), settings.get("trigger")
    if schedule is not None and trigger is not None:
        raise invalid("A job can have either a schedule or a trigger, not both.")
    if schedule is not None:
        try:
            quartz.parse(schedule.get("quartz_cron_expression") or "", schedule.get("timezone_id") or "")
        except ValueError as error:
            raise invalid(f"schedule: {error}") from error
    if trigger is not None:
        _check_trigger(trigger)


def kind_of(trigger: Body) -> str:
    """Which of the trigger's kinds it is; checked triggers have one."""
    return next(name for name in (PERIODIC, FILES, TABLES) if name in trigger)


def _check_trigger(trigger: Body) -> None:
    kinds = sorted(set(trigger) - {"pause_status"})
    if len(kinds) != 1:
        raise invalid(f"trigger must have exactly one kind of trigger; it has {', '.join(kinds) or 'none'}.")
    (kind,) = kinds
    if kind not in (PERIODIC, FILES, TABLES):
        raise invalid(f"trigger.{kind} is not supported by this workspace; use {PERIODIC}, {FILES} or {TABLES}.")
    given = trigger[kind]
    if kind == PERIODIC:
        if not isinstance(given.get("interval"), int) or given["interval"] < 1 or not given.get("unit"):
            raise invalid("trigger.periodic needs an interval of at least 1 and a unit (HOURS, DAYS or WEEKS).")
        return
    if kind == FILES and not _is_place(given.get("url") or ""):
        raise invalid("trigger.file_arrival.url must be /Volumes/<catalog>/<schema>/<volume>/... or an abfss:// URL.")
    if kind == TABLES:
        names = given.get("table_names") or []
        if not 1 <= len(names) <= _MOST_TABLES or any(name.count(".") != 2 for name in names):
            raise invalid(f"trigger.table_update.table_names must hold 1 to {_MOST_TABLES} names catalog.schema.table.")
    for wait in _WAITS:
        if given.get(wait) and given[wait] < _LEAST_WAIT_SECONDS:
            raise invalid(f"trigger.{kind}.{wait} must be at least {_LEAST_WAIT_SECONDS} seconds.")


def _is_place(url: str) -> bool:
    return url.startswith("abfss://") or (url.startswith("/Volumes/") and len(url.strip("/").split("/")) >= 4)
