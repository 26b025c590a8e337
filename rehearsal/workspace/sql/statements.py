"""Statements run as their caller through the workspace's own gateway, so grants hold here as everywhere.

A statement lives in memory while it runs; state and manifest are stored when it has ended, its rows in files. One that
was running when the workspace died is told as FAILED, as Databricks does when a warehouse is lost.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from databricks.sdk.service.sql import ExecuteStatementRequestOnWaitTimeout as OnTimeout

from rehearsal.workspace import clock
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import invalid, not_found
from rehearsal.workspace.sql import execution, result_files, result_links, results, warehouses
from rehearsal.workspace.store import Transaction

KIND = "statement"
INLINE, EXTERNAL = "INLINE", "EXTERNAL_LINKS"
_MOST_INLINE = 26_214_400  # bytes, as documented
_PAUSE_SECONDS = 0.005
Json = dict[str, Any]
log = logging.getLogger(__name__)
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
    disposition, kind = _shape(body)
    patience = _seconds(body.get("wait_timeout") or "10s")
    with call.store.transaction() as tx:
        warehouses.get(tx, call, body["warehouse_id"], "CAN_USE")
        warehouses.set_state(tx, call, body["warehouse_id"], "RUNNING")
        statement_id = str(uuid.uuid4())
        record = _record(tx, call, body) | {"disposition": disposition, "format": kind}
        tx.put(KIND, _key(call, statement_id), record)
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
    stored = _stored(call, statement_id)
    answer: Json = {name: stored[name] for name in _ANSWERED if name in stored}
    if "manifest" in stored:
        answer["result"] = _result(call, stored, 0)
    return answer


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
    """A chunk of the result: its rows, or a link to them. Raises DatabricksError 404."""
    stored = _stored(call, statement_id)
    if "manifest" not in stored:
        raise not_found(f"Statement {statement_id} has no result: it is {stored['status']['state']}.")
    return _result(call, stored, index)


def _result(call: Call, stored: Json, index: int) -> Json:
    statement_id, chunks = stored["statement_id"], stored["manifest"]["chunks"]
    if not 0 <= index < len(chunks):
        raise not_found(f"The result of statement {statement_id} has no chunk {index}.")
    result: Json = dict(chunks[index])
    if index + 1 < len(chunks):
        following = f"/api/2.0/sql/statements/{statement_id}/result/chunks/{index + 1}"
        result |= {"next_chunk_index": index + 1, "next_chunk_internal_link": following}
    if stored.get("disposition") == EXTERNAL:
        return {"external_links": [result | result_links.link(call, statement_id, index, stored["format"])]}
    return result | {"data_array": results.rows(result_files.read(call.platform, statement_id, index))}


def cancel(call: Call, statement_id: str) -> None:
    """Mark a running statement as canceled and drop its result; Spark is interrupted by its tag."""
    stored = _stored(call, statement_id)
    if stored["status"]["state"] != "RUNNING":
        return
    _canceled.add(statement_id)
    execution.interrupt(call, statement_id)
    _finish(call, statement_id, {"status": {"state": "CANCELED"}})


_ANSWERED = ("statement_id", "status", "manifest")


def _run(call: Call, statement_id: str, body: Json) -> None:
    try:
        answer = _succeeded(call, statement_id, execution.run(call, statement_id, body), *_shape(body))
    except execution.StatementError as error:
        answer = _failed(error.code, str(error))
    except Exception:
        log.exception("statement %s failed", statement_id)
        answer = _failed("INTERNAL_ERROR", "An internal error occurred. See the workspace's log.")
    if statement_id not in _canceled:
        _finish(call, statement_id, answer)
    with _lock:
        _running.pop(statement_id, None)
        _canceled.discard(statement_id)


def _succeeded(call: Call, statement_id: str, result: execution.Result, disposition: str, kind: str) -> Json:
    if disposition == INLINE and result.table.nbytes > _MOST_INLINE:
        limit = f"Statements executed with disposition=INLINE can have a result size of at most {_MOST_INLINE} bytes."
        raise execution.StatementError("BAD_REQUEST", f"Inline byte limit exceeded. {limit}")
    chunks = result_files.write(call.platform, statement_id, result.table)
    manifest = {
        "format": kind,
        "schema": {"column_count": len(result.columns), "columns": result.columns},
        "total_chunk_count": len(chunks),
        "total_row_count": result.table.num_rows,
        "total_byte_count": sum(item["byte_count"] for item in chunks),
        "truncated": result.truncated,
        "chunks": chunks,
    }
    return {"status": {"state": "SUCCEEDED"}, "manifest": manifest}


def _failed(code: str, message: str) -> Json:
    return {"status": {"state": "FAILED", "error": {"error_code": code, "message": message}}}


def _finish(call: Call, statement_id: str, answer: Json) -> None:
    with call.store.transaction() as tx:
        stored = tx.get(KIND, _key(call, statement_id)) or {}
        ended_at = {"ended": clock.milliseconds(tx)}
        tx.put(KIND, _key(call, statement_id), {**stored, **answer, **ended_at})


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


def _record(tx: Transaction, call: Call, body: Json) -> Json:
    return {
        "status": {"state": "RUNNING"},
        "principal": call.principal.name,
        "principal_id": call.principal.id,
        "warehouse_id": body["warehouse_id"],
        "text": body["statement"],
        "started": clock.milliseconds(tx),
    }


def _shape(body: Json) -> tuple[str, str]:
    """Disposition and format. Raises DatabricksError 400 for a pair that does not go together."""
    disposition, kind = body.get("disposition") or INLINE, body.get("format") or "JSON_ARRAY"
    if disposition not in (INLINE, EXTERNAL):
        raise invalid(f"disposition is '{disposition}'; expected {INLINE} or {EXTERNAL}.")
    if kind not in results.MEDIA_TYPES:
        raise invalid(f"format is '{kind}'; expected one of {', '.join(results.MEDIA_TYPES)}.")
    if disposition == INLINE and kind != "JSON_ARRAY":
        raise invalid(f"The format field must be JSON_ARRAY when the disposition field is INLINE; found {kind}.")
    return disposition, kind


def _seconds(text: str) -> int:
    """`10s` → 10; Databricks takes 0 or 5 to 50 seconds."""
    number = text.removesuffix("s")
    if not number.isdigit() or not (int(number) == 0 or 5 <= int(number) <= 50):
        raise invalid(f"wait_timeout is '{text}'; expected 0s or between 5s and 50s.")
    return int(number)


def _key(call: Call, statement_id: str) -> str:
    return f"{call.workspace}/{statement_id}"
