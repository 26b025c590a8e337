"""Types of tasks, a module each: how its settings are checked, what an attempt does, what answers say of it."""

from __future__ import annotations

from rehearsal.workspace.jobs.attempt import TaskType
from rehearsal.workspace.jobs.tasks import condition, for_each, python_wheel, run_job, spark_python, sql
from rehearsal.workspace.store import Body

TYPES: dict[str, TaskType] = {
    kind.field: kind
    for kind in (python_wheel.TYPE, spark_python.TYPE, sql.TYPE, condition.TYPE, for_each.TYPE, run_job.TYPE)
}


def type_of(settings: Body) -> TaskType:
    """The type of a task by its settings, which were checked when the job was made."""
    return next(kind for field, kind in TYPES.items() if field in settings)
