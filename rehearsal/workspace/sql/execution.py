"""Runs one statement in a Spark Connect session of its caller."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.types import DataType, DecimalType

from rehearsal.spark_session import open_session, stop_sessions
from rehearsal.workspace.context import Call
from rehearsal.workspace.identity import tokens
from rehearsal.workspace.sql import parameters

Json = dict[str, Any]
_SESSION_SECONDS = 3600
_MARGIN_SECONDS = 300
_sessions: dict[tuple[str, str], tuple[SparkSession, float]] = {}
_lock = threading.Lock()
# typeName() of Spark → ColumnInfoTypeName of the API, where they differ by more than case.
_TYPE_NAMES = {"integer": "INT", "bigint": "LONG", "long": "LONG", "tinyint": "BYTE", "smallint": "SHORT"}
_TYPE_NAMES |= {"void": "NULL", "timestamp_ntz": "TIMESTAMP", "varchar": "STRING"}


class StatementError(Exception):
    """The statement failed; `code` is Databricks' error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Result:
    """What a statement gave: its rows, the manifest's columns, and whether a limit has cut rows off."""

    table: pa.Table
    columns: list[Json]
    truncated: bool


def run(call: Call, statement_id: str, body: Json) -> Result:
    """Run the statement as its caller. Raises StatementError."""
    if body.get("catalog") or body.get("schema"):
        raise StatementError("BAD_REQUEST", "Name tables in full: catalog and schema are not supported.")
    row_limit, byte_limit = body.get("row_limit"), body.get("byte_limit")
    try:
        given = parameters.values(body.get("parameters") or [])
        spark = session(call)
        spark.addTag(_tag(statement_id))
        try:
            frame = spark.sql(body["statement"], args=given or None)
            schema = frame.schema
            limited = frame.limit(int(row_limit) + 1) if row_limit and schema.fields else frame
            table = limited.toArrow() if schema.fields else pa.table({})
        finally:
            spark.removeTag(_tag(statement_id))
    except parameters.ParameterError as error:
        raise StatementError("BAD_REQUEST", str(error)) from error
    except PySparkException as error:
        raise StatementError(_code(error), str(error).partition("\nJVM stacktrace")[0].strip()) from error
    rows = table.num_rows
    kept = min(rows, int(row_limit)) if row_limit else rows
    if byte_limit and table.nbytes > int(byte_limit):
        kept = min(kept, int(byte_limit) * rows // table.nbytes)
    columns = [_column(index, field.name, field.dataType) for index, field in enumerate(schema.fields)]
    return Result(table.slice(0, kept), columns, kept < rows)


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


def _tag(statement_id: str) -> str:
    return f"statement-{statement_id}"
