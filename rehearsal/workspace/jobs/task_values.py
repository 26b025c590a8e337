"""Task values: what a task hands to those after it (`dbutils.jobs.taskValues`), kept with the run."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.workspace.errors import invalid
from rehearsal.workspace.store import Transaction

KIND = "job_task_value"
# https://learn.microsoft.com/azure/databricks/jobs/task-values
_LARGEST = 48 * 1024


def put(tx: Transaction, workspace: str, run_id: int, task_key: str, key: str, value: Any) -> None:
    """Set a value of the task. Raises DatabricksError 400 for one too large."""
    if not key:
        raise invalid("A task value needs a key.")
    if len(json.dumps(value)) > _LARGEST:
        raise invalid(f"Task value '{key}' is larger than 48 KiB.")
    tx.put(KIND, _key(workspace, run_id, task_key, key), {"value": value})


def get(tx: Transaction, workspace: str, run_id: int, task_key: str, key: str) -> Any:
    """The value. Raises KeyError."""
    body = tx.get(KIND, _key(workspace, run_id, task_key, key))
    if body is None:
        raise KeyError(key)
    return body["value"]


def forget(tx: Transaction, workspace: str, run_id: int) -> None:
    """Drop all values of a run that is deleted."""
    for key, _ in tx.items(KIND, f"{workspace}/{run_id}/"):
        tx.delete(KIND, key)


def _key(workspace: str, run_id: int, task_key: str, key: str) -> str:
    return f"{workspace}/{run_id}/{task_key}/{key}"
