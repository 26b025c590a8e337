"""Statements run as their caller through the workspace's own gateway, so grants hold here as everywhere.

A statement lives in memory while it runs; state and result are stored when it has ended. One that was running when the
workspace died is told as FAILED, as Databricks does when a warehouse is lost.
"""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from databricks.sdk.service.sql import ExecuteStatementRequestOnWaitTimeout as OnTimeout

from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import invalid, not_found
from rehearsal.workspace.sql import execution, warehouses

KIND = "statement"
_PAUSE_SECONDS = 0.005
Json = dict[str, Any]
_pool = ThreadPoolExecutor(8, thread_name_prefix="statement")
_running: dict[str, Future[None]] = {}
_canceled: set[str] = set()
_lock = threading.Lock()


def execute(call: Call, body: Json) -> Json:
    """Start the statement and wait as the request says (default 10 s, then go on in the background)."""
    if not body.get("statement"):
        raise invalid("statement must not be empty.")
    if not body.get("warehouse_id"):
        raise invalid("warehouse_id must be specified.")
    if body.get("disposition", "INLINE") != "INLINE" or body.get("format", "JSON_ARRAY") != "JSON_ARRAY":
        raise invalid("This workspace answers with disposition INLINE and format JSON_ARRAY only.")
    patience = _seconds(body.get("wait_timeout") or "10s")
    with call.store.transaction() as tx:
        warehouses.get(tx, call, body["warehouse_id"], "CAN_USE")
        warehouses.set_state(tx, call, body["warehouse_id"], "RUNNING")
        statement_id = str(uuid.uuid4())
        tx.put(KIND, _key(call, statement_id), _record(call, body["warehouse_id"], "RUNNING"))
    with _lock:
        future = _pool.submit(_run, call, statement_id, body)
        _running[statement_id] = future
    deadline = time.monotonic() + patience
    while not future.done() and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    if patience and not future.done() and body.get("on_wait_timeout") == OnTimeout.CANCEL.value:
        cancel(call, statement_id)
    return get(call, statement_id)


def get(call: Call, statement_id: str) -> Json:
    """What the API answers of a statement. Raises DatabricksError 404, also for other people's statements."""
    return {name: value for name, value in _stored(call, statement_id).items() if name in _ANSWERED}


def ended(call: Call, statement_id: str) -> Json:
    """The answer once the statement has ended, however it did; waits until then. Raises DatabricksError 404."""
    while True:
        future = _running.get(statement_id)
        if future is not None:
            wait([future])
        answer = get(call, statement_id)
        if answer["status"]["state"] not in ("PENDING", "RUNNING"):
            return answer
        time.sleep(_PAUSE_SECONDS)


def chunk(call: Call, statement_id: str, index: int) -> Json:
    """The result's chunk. Raises DatabricksError 404."""
    result: Json | None = _stored(call, statement_id).get("result")
    if result is None or index != 0:
        raise not_found(f"Chunk {index} of statement {statement_id} does not exist.")
    return result


def cancel(call: Call, statement_id: str) -> None:
    """Mark a running statement as canceled and drop its result; Spark is interrupted by its tag."""
    stored = _stored(call, statement_id)
    if stored["status"]["state"] != "RUNNING":
        return
    _canceled.add(statement_id)
    execution.interrupt(call, statement_id)
    _finish(call, statement_id, {"status": {"state": "CANCELED"}})


_ANSWERED = ("statement_id", "status", "manifest", "result")


def _run(call: Call, statement_id: str, body: Json) -> None:
    try:
        answer = execution.run(call, statement_id, body)
    except execution.StatementError as error:
        answer = {"status": {"state": "FAILED", "error": {"error_code": error.code, "message": str(error)}}}
    if statement_id not in _canceled:
        _finish(call, statement_id, answer)
    with _lock:
        _running.pop(statement_id, None)
        _canceled.discard(statement_id)


def _finish(call: Call, statement_id: str, answer: Json) -> None:
    with call.store.transaction() as tx:
        stored = tx.get(KIND, _key(call, statement_id)) or {}
        tx.put(KIND, _key(call, statement_id), {**stored, **answer})


def _stored(call: Call, statement_id: str) -> Json:
    with call.store.transaction() as tx:
        stored = tx.get(KIND, _key(call, statement_id))
    if stored is None or (stored["principal"] != call.principal.name and not call.principal.is_admin):
        raise not_found(f"The statement {statement_id} was not found.")
    if stored["status"]["state"] == "RUNNING" and statement_id not in _running:
        with call.store.transaction() as tx:  # it may have ended between the two looks
            stored = tx.get(KIND, _key(call, statement_id)) or stored
        if stored["status"]["state"] == "RUNNING":
            error = {"error_code": "INTERNAL_ERROR", "message": "The warehouse was restarted while the statement ran."}
            stored = {**stored, "status": {"state": "FAILED", "error": error}}
    return {**stored, "statement_id": statement_id}


def _record(call: Call, warehouse_id: str, state: str) -> Json:
    return {"status": {"state": state}, "principal": call.principal.name, "warehouse_id": warehouse_id}


def _seconds(text: str) -> int:
    """`10s` → 10; Databricks takes 0 or 5 to 50 seconds."""
    number = text.removesuffix("s")
    if not number.isdigit() or not (int(number) == 0 or 5 <= int(number) <= 50):
        raise invalid(f"wait_timeout is '{text}'; expected 0s or between 5s and 50s.")
    return int(number)


def _key(call: Call, statement_id: str) -> str:
    return f"{call.workspace}/{statement_id}"
