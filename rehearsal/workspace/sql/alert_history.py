"""How an alert's state has gone from evaluation to evaluation, for its page."""

from __future__ import annotations

from rehearsal.workspace.sql.alert_conditions import Outcome
from rehearsal.workspace.store import Body, Transaction

KIND = "alert_evaluation"
KEPT = 200


def record(tx: Transaction, workspace: str, alert_id: str, outcome: Outcome, at: str) -> None:
    """Write an evaluation down; the oldest beyond those that are kept goes."""
    prefix = _prefix(workspace, alert_id)
    number = tx.next_id(KIND)
    entry = {"time": at, "state": outcome.state.value, "value": outcome.value, "message": outcome.message}
    tx.put(KIND, f"{prefix}{number:012d}", entry)
    for key, _ in tx.items(KIND, prefix)[:-KEPT]:
        tx.delete(KIND, key)


def of(tx: Transaction, workspace: str, alert_id: str) -> list[Body]:
    """Its evaluations, the newest first."""
    return tx.list(KIND, _prefix(workspace, alert_id))[::-1]


def _prefix(workspace: str, alert_id: str) -> str:
    return f"{workspace}/{alert_id}/"
