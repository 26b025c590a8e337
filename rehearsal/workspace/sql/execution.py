"""Runs one statement in a Spark Connect session of its caller and puts the result into the API's shape."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.types import DataType, DecimalType

from rehearsal.spark_session import open_session, stop_sessions
from rehearsal.workspace.context import Call
from rehearsal.workspace.identity import tokens

Json = dict[str, Any]
_SESSION_SECONDS = 3600
_ROW_LIMIT = 100_000
_MARGIN_SECONDS = 300
_sessions: dict[tuple[str, str], tuple[SparkSession, float]] = {}
_lock = threading.Lock()
# typeName() of Spark → ColumnInfoTypeName of the API, where they differ by more than case.
_TYPE_NAMES = {"integer": "INT", "bigint": "LONG", "long": "LONG", "tinyint": "BYTE", "smallint": "SHORT"}


class StatementError(Exception):
    """The statement failed; `code` is Databricks' error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def run(call: Call, statement_id: str, body: Json) -> Json:
    """Status, manifest and result of a statement that succeeded. Raises StatementError."""
    if body.get("catalog") or body.get("schema"):
        raise StatementError("INVALID_PARAMETER_VALUE", "Name tables in full: catalog and schema are not supported.")
    parameters = {item["name"]: item.get("value") for item in body.get("parameters") or []}
    limit = min(int(body.get("row_limit") or _ROW_LIMIT), _ROW_LIMIT)
    try:
        spark = session(call)
        spark.addTag(_tag(statement_id))
        try:
            frame = spark.sql(body["statement"], args=parameters or None)
            schema = frame.schema
            rows = frame.limit(limit + 1).collect() if schema.fields else []
        finally:
            spark.removeTag(_tag(statement_id))
    except PySparkException as error:
        raise StatementError(_code(error), str(error).partition("\nJVM stacktrace")[0].strip()) from error
    truncated = len(rows) > limit
    data = [[_text(value) for value in row] for row in rows[:limit]]
    columns = [_column(index, field.name, field.dataType) for index, field in enumerate(schema.fields)]
    counted = {"row_count": len(data), "row_offset": 0, "chunk_index": 0}
    return {
        "status": {"state": "SUCCEEDED"},
        "manifest": {
            "format": "JSON_ARRAY",
            "schema": {"column_count": len(columns), "columns": columns},
            "total_chunk_count": 1,
            "total_row_count": len(data),
            "truncated": truncated,
            "chunks": [counted],
        },
        "result": {**counted, "data_array": data},
    }


def interrupt(call: Call, statement_id: str) -> None:
    """Ask Spark to end whatever runs for the statement."""
    session(call).interruptTag(_tag(statement_id))


def close_sessions() -> None:
    """End all sessions, while the gateways still answer."""
    with _lock:
        _sessions.clear()
    stop_sessions()


def session(call: Call) -> SparkSession:
    """The caller's session, kept for an hour: making one costs as much as a small statement."""
    key = (call.workspace, call.principal.name)
    with _lock:
        session, expires = _sessions.get(key, (None, 0.0))
        if session is None or time.monotonic() > expires:
            with call.store.transaction() as tx:
                lifetime = _SESSION_SECONDS + _MARGIN_SECONDS
                token = tokens.create(tx, call.principal.name, lifetime, "SQL statements", personal=False)[0]
            session = open_session(call.platform.spark_remote(call.workspace, token))
            _sessions[key] = (session, time.monotonic() + _SESSION_SECONDS)
        return session


def _code(error: PySparkException) -> str:
    text = str(error)
    if "INSUFFICIENT_PERMISSIONS" in text or "PERMISSION_DENIED" in text:
        return "PERMISSION_DENIED"
    return "BAD_REQUEST"


def _column(position: int, name: str, kind: DataType) -> Json:
    type_name = _TYPE_NAMES.get(kind.typeName(), kind.typeName().upper())
    column: Json = {
        "name": name,
        "position": position,
        "type_name": type_name,
        "type_text": kind.simpleString().upper(),
    }
    if isinstance(kind, DecimalType):
        column |= {"type_name": "DECIMAL", "type_precision": kind.precision, "type_scale": kind.scale}
    return column


def _text(value: Any) -> str | None:
    """A value as JSON_ARRAY has it: every scalar a string, structures as JSON text, null as null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if hasattr(value, "asDict"):
        value = value.asDict(recursive=True)
    return json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)


def _tag(statement_id: str) -> str:
    return f"statement-{statement_id}"
