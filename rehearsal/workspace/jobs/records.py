"""The life of a record, that of a run, a task or an iteration: made, ended, tried again."""

from __future__ import annotations

from typing import Any

from rehearsal.workspace import clock
from rehearsal.workspace.jobs import runs
from rehearsal.workspace.store import Body, Transaction

# What stays with a record when its attempt is put aside.
_LASTING = ("task_key", "index", "input", "attempts")


def new_task(tx: Transaction, run: Body, settings: Body) -> Body:
    """The record of a task of a new run."""
    task = {"task_key": settings["task_key"], "attempts": [], **_blank(tx, 0)}
    task["phase"] = "BLOCKED" if settings.get("depends_on") else "PENDING"
    index(tx, run, task)
    return task


def new_iteration(tx: Transaction, run: Body, where: runs.Where, task_key: str, value: Any) -> Body:
    """The record of one iteration of a for-each task."""
    iteration = {"task_key": task_key, "index": where.index, "input": value, "attempts": [], **_blank(tx, 0)}
    index(tx, run, iteration, where.task_key)
    return iteration


def next_attempt(tx: Transaction, run: Body, latest: Body, *, repair: bool = False, of: str | None = None) -> None:
    """Put the record's ended attempt aside and make it wait for another.

    Args:
        repair: of a repair, which may be retried as often as the first attempt.
        of: key of the for-each task, when the record is that of an iteration.
    """
    kept = {name: value for name, value in latest.items() if name not in _LASTING}
    fresh = _blank(tx, latest["attempt_number"] + 1)
    fresh["retries"] = 0 if repair else latest.get("retries", 0) + 1
    lasting = {name: latest[name] for name in _LASTING if name in latest}
    # A for-each goes on with what has not succeeded.
    earlier = {"earlier": latest["iterations"]} if latest.get("iterations") else {}
    latest.clear()
    latest.update({**lasting, "attempts": [*lasting["attempts"], kept], **fresh, **earlier})
    latest["phase"] = "BLOCKED" if repair else "WAITING"
    index(tx, run, latest, of)


def ended(tx: Transaction, record: Body, result: str, code: str, message: str) -> None:
    """Note in the record of a run or task that it has ended now."""
    now = clock.milliseconds(tx)
    record.update(phase="TERMINATED", result=result, code=code, message=message, end_time=now)
    if record.get("start_time") is None:
        record["start_time"] = now
    started = record.get("execution_start", now)
    record["setup_duration"] = started - record["start_time"]
    record["execution_duration"] = now - started


def may_retry(settings: Body, record: Body) -> bool:
    """Do the task's settings ask for another attempt after this one? (-1 retries without end.)"""
    allowed = settings.get("max_retries", 0)
    retryable = record["result"] == "FAILED" or (record["result"] == "TIMEDOUT" and settings.get("retry_on_timeout"))
    return bool(retryable and (allowed < 0 or record.get("retries", 0) < allowed))


def index(tx: Transaction, run: Body, record: Body, of: str | None = None) -> None:
    """Let the record be found by the id of its task run."""
    entry = {"run_id": run["run_id"], "task_key": of or record["task_key"], "index": record.get("index")}
    tx.put(runs.TASK_KIND, f"{run['workspace']}/{record['run_id']}", entry)


def _blank(tx: Transaction, attempt_number: int) -> Body:
    return {"run_id": runs.new_id(tx), "attempt_number": attempt_number, "phase": "PENDING"}
