"""The inference table's lines: each request is one before it is answered, and later a row of the table.

How lines become rows is unity_catalog/table_log.py's.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa

from rehearsal.workspace.context import Platform
from rehearsal.workspace.serving import payload_schema
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog.table_log import TableLog

FLUSH_SECONDS = 2.0
# https://learn.microsoft.com/azure/databricks/ai-gateway/inference-tables: what is longer is left out, and said so.
MAX_PAYLOAD_BYTES = 1024 * 1024


class PayloadLog(TableLog):
    """The lines of all endpoints, and the thread that takes them to the tables."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform, "payloads", "understudy-payloads", _rows, FLUSH_SECONDS)


def row(
    call_id: str,
    requester: str,
    started: float,
    seconds: float,
    status: int,
    request: bytes,
    response: bytes,
    served: str,
    client_request_id: str | None,
) -> Body:
    """A line: one request as the table will have it."""
    missing = [
        code
        for code, payload in (("MAX_REQUEST_SIZE_EXCEEDED", request), ("MAX_RESPONSE_SIZE_EXCEEDED", response))
        if len(payload) > MAX_PAYLOAD_BYTES
    ]
    return {
        "databricks_request_id": call_id,
        "client_request_id": client_request_id,
        "request_time": started,
        "status_code": status,
        "execution_duration_ms": round(seconds * 1000),
        "request": _text(request),
        "response": _text(response),
        "served_entity_id": served,
        "logging_error_codes": missing,
        "requester": requester,
    }


def _text(payload: bytes) -> str | None:
    return None if len(payload) > MAX_PAYLOAD_BYTES else payload.decode("utf-8", errors="replace")


def _rows(lines: list[Body]) -> pa.Table:
    for line in lines:
        time = datetime.fromtimestamp(line["request_time"], UTC)
        line |= {"request_time": time, "request_date": time.date(), "sampling_fraction": 1.0}
    return pa.Table.from_pylist(lines, schema=pa.schema(payload_schema.SCHEMA))
