"""What a running task's runtime asks of the workspace: its own task values. Not an API of Databricks' REST reference.

On Databricks, too, `dbutils` speaks to the jobs service by a private way. The task's token tells which run asks.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.errors import denied, not_found
from rehearsal.workspace.identity import tokens
from rehearsal.workspace.jobs import runs, states, task_values
from rehearsal.workspace.store import Body as Document
from rehearsal.workspace.store import Transaction

Request = Annotated[dict[str, Any], Body()]
Authorization = Annotated[str, Header()]
router = APIRouter(prefix="/api/internal/task-runs/{task_run_id}")


@router.put("/values/{key}")
def set_value(
    call: CallDep,
    task_run_id: int,
    key: str,
    body: Request,
    authorization: Authorization,
) -> dict[str, Any]:
    """Set one of the task's own values."""
    with call.store.transaction() as tx:
        run, task_key = _own(tx, call.workspace, task_run_id, authorization)
        task_values.put(tx, call.workspace, run["run_id"], task_key, key, body["value"])
    return {}


@router.get("/values/{task_key}/{key}")
def get_value(call: CallDep, task_run_id: int, task_key: str, key: str, authorization: Authorization) -> dict[str, Any]:
    """A value that a task of the same run has set."""
    with call.store.transaction() as tx:
        run, _ = _own(tx, call.workspace, task_run_id, authorization)
        try:
            return {"value": task_values.get(tx, call.workspace, run["run_id"], task_key, key)}
        except KeyError as error:
            raise not_found(f"Task '{task_key}' has set no task value '{key}' in this run.") from error


def _own(tx: Transaction, workspace: str, task_run_id: int, authorization: str) -> tuple[Document, str]:
    """The task's run and key, if the token is the very one that this attempt was given."""
    entry = tx.get(runs.TASK_KIND, f"{workspace}/{task_run_id}")
    token = tokens.record_of(tx, authorization.partition(" ")[2].strip())
    if entry is not None and token is not None:
        run, where = runs.find(tx, workspace, entry["run_id"]), runs.where_of(entry)
        record = runs.record(run, where)
        same = record.get("token_id") == token["token_id"] and record["run_id"] == task_run_id
        if same and states.is_active(record):
            return run, str(where)
    raise denied(f"Task run {task_run_id} is not the caller's.")
