"""Statements: run as their caller through the workspace's own gateway; state and result are kept in the store.

https://docs.databricks.com/api/azure/workspace/statementexecution
"""

from __future__ import annotations

import logging
import re
import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

from databricks.sdk.service.sql import (
    ServiceError,
    ServiceErrorCode,
    StatementResponse,
    StatementState,
    StatementStatus,
)
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from rehearsal.workspace.context import Call, Platform
from rehearsal.workspace.errors import denied, invalid, not_found
from rehearsal.workspace.identity import tokens
from rehearsal.workspace.sql import results, warehouses
from rehearsal.workspace.store import Body, Transaction

KIND = "sql_statement"
_TOKEN_SECONDS = 3600
_UNFINISHED = (StatementState.PENDING.value, StatementState.RUNNING.value)
_WAIT = re.compile(r"(\d+)s")
_workers = ThreadPoolExecutor(8, thread_name_prefix="sql-statement")
_sessions: dict[tuple[str, str, str], tuple[SparkSession, float]] = {}
_lock = threading.Lock()
log = logging.getLogger(__name__)


def execute(call: Call, request: Body) -> Body:
    """Run a statement and answer with what is known when the time to wait is over. Raises DatabricksError."""
    text = request.get("statement") or ""
    if not text.strip():
        raise invalid("statement must not be empty.")
    if request.get("disposition", "INLINE") != "INLINE" or request.get("format", "JSON_ARRAY") != "JSON_ARRAY":
        raise invalid("Only disposition INLINE with format JSON_ARRAY is supported by this warehouse.")
    seconds = _seconds(request.get("wait_timeout") or "10s")
    statement_id = str(uuid.uuid4())
    with call.store.transaction() as tx:
        warehouses.find(tx, call, request.get("warehouse_id") or "", "CAN_USE")
        body = {"owner": call.principal.name, "response": _response(statement_id, StatementState.PENDING)}
        tx.put(KIND, _key(call, statement_id), body)
    arguments = {item["name"]: _argument(item) for item in request.get("parameters") or []}
    running = _workers.submit(_run, call, statement_id, text, arguments, request.get("row_limit"))
    _wait(running, seconds)
    if not running.done() and seconds and request.get("on_wait_timeout") == "CANCEL":
        cancel(call, statement_id)
    return get(call, statement_id)


def get(call: Call, statement_id: str) -> Body:
    """State and result of a statement, for its caller. Raises DatabricksError 403 or 404."""
    with call.store.transaction() as tx:
        response: Body = _find(tx, call, statement_id)["response"]
    return response


def cancel(call: Call, statement_id: str) -> None:
    """Give up on a statement; what it has done already stays done. Raises DatabricksError 403 or 404."""
    with call.store.transaction() as tx:
        body = _find(tx, call, statement_id)
        if body["response"]["status"]["state"] not in _UNFINISHED:
            return
        tx.put(KIND, _key(call, statement_id), {**body, "response": _response(statement_id, StatementState.CANCELED)})
    with _lock:
        kept = _sessions.get((call.workspace, call.principal.name, str(call.platform.home)))
    if kept is not None:
        kept[0].interruptTag(statement_id)


def fail_interrupted(platform: Platform) -> None:
    """Statements that were running when the workspace died will not end any more."""
    with platform.store.transaction() as tx:
        for key, body in tx.items(KIND):
            if body["response"]["status"]["state"] in _UNFINISHED:
                message = "The warehouse was restarted while the statement was running."
                body["response"] = _failed(body["response"]["statement_id"], message, ServiceErrorCode.ABORTED)
                tx.put(KIND, key, body)


def _run(call: Call, statement_id: str, text: str, arguments: dict[str, object], limit: int | None) -> None:
    if not _move_on(call, statement_id, _response(statement_id, StatementState.RUNNING)):
        return
    try:
        session = _session(call)
        session.addTag(statement_id)
        try:
            frame = session.sql(text, args=arguments or None)
            response = results.succeeded(statement_id, frame.limit(limit) if limit else frame)
        finally:
            session.removeTag(statement_id)
    except PySparkException as error:
        message = str(error.getMessage() or error)
        response = _failed(statement_id, message, ServiceErrorCode.BAD_REQUEST, error.getSqlState())
    except Exception:
        log.exception("statement %s failed", statement_id)
        message = "The statement failed for a reason of the warehouse. See the workspace's log."
        response = _failed(statement_id, message, ServiceErrorCode.INTERNAL_ERROR)
    _move_on(call, statement_id, response)


def _move_on(call: Call, statement_id: str, response: Body) -> bool:
    """Record the next state, unless the statement has been cancelled."""
    with call.store.transaction() as tx:
        body = tx.get(KIND, _key(call, statement_id))
        if body is None or body["response"]["status"]["state"] not in _UNFINISHED:
            return False
        tx.put(KIND, _key(call, statement_id), {**body, "response": response})
    return True


def _session(call: Call) -> SparkSession:
    """A session of the caller, kept while its token lives: making one costs more than most statements."""
    key = (call.workspace, call.principal.name, str(call.platform.home))
    with _lock:
        session, made = _sessions.get(key, (None, 0.0))
        if session is not None and not session.is_stopped and time.monotonic() - made < _TOKEN_SECONDS / 2:
            return session
        with call.store.transaction() as tx:
            token = tokens.issue(tx, call.principal.name, _TOKEN_SECONDS, "SQL warehouse")
        session = SparkSession.builder.remote(call.platform.spark_remote(call.workspace, token)).create()
        _sessions[key] = session, time.monotonic()
        return session


def _wait(running: Future[None], seconds: int) -> None:
    try:
        running.result(timeout=seconds)
    except NotYet:
        return


def _seconds(text: str) -> int:
    match = _WAIT.fullmatch(text)
    if match is None or not (int(match[1]) == 0 or 5 <= int(match[1]) <= 50):
        raise invalid(f"wait_timeout must be 0s or between 5s and 50s, found {text!r}.")
    return int(match[1])


def _argument(item: Body) -> object:
    """A parameter's value; its type comes by name, its value always as a string."""
    value, kind = item.get("value"), str(item.get("type") or "STRING").upper()
    if value is None or kind == "STRING":
        return value
    if kind in ("INT", "BIGINT", "SMALLINT", "TINYINT"):
        return int(value)
    if kind in ("DOUBLE", "FLOAT"):
        return float(value)
    if kind == "BOOLEAN":
        return str(value).lower() == "true"
    raise invalid(f"Parameters of type {kind} are not supported by this warehouse.")


def _find(tx: Transaction, call: Call, statement_id: str) -> Body:
    body = tx.get(KIND, _key(call, statement_id))
    if body is None:
        raise not_found(f"The statement {statement_id} was not found.", "NOT_FOUND")
    if body["owner"] != call.principal.name:
        raise denied(f"User {call.principal.name} may not see the statement {statement_id}.")
    return body


def _response(statement_id: str, state: StatementState, status: StatementStatus | None = None) -> Body:
    return StatementResponse(statement_id=statement_id, status=status or StatementStatus(state=state)).as_dict()


def _failed(statement_id: str, message: str, code: ServiceErrorCode, sql_state: str | None = None) -> Body:
    error = ServiceError(error_code=code, message=message)
    state = StatementState.FAILED
    return _response(statement_id, state, StatementStatus(state=state, error=error, sql_state=sql_state))


def _key(call: Call, statement_id: str) -> str:
    return f"{call.workspace}/{statement_id}"
