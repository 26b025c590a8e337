"""Jobs as they are stored: a document each, with its settings; found by who asks for no one's permission."""

from __future__ import annotations

from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.store import Body, Transaction

KIND = "job"
_FIRST_ID = 400_000_000_000_000


def new_id(tx: Transaction) -> int:
    """An id for a job, or for the one that a one-time run has instead."""
    return _FIRST_ID + tx.next_id(KIND)


def find(tx: Transaction, workspace: str, job_id: int) -> Body:
    """The job, whoever asks. Raises DatabricksError 400."""
    job = tx.get(KIND, key(workspace, job_id))
    if job is None:
        # Databricks answers 400 here, and databricks-sdk and the provider know this message as "gone".
        raise DatabricksError(400, "INVALID_PARAMETER_VALUE", f"Job {job_id} does not exist.")
    return job


def key(workspace: str, job_id: int) -> str:
    """The document's key."""
    return f"{workspace}/{job_id}"
