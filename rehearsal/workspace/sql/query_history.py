"""Query history: which statements ran on warehouses, for whom and how they ended.

One sees one's own; who may view, monitor or manage a warehouse sees all that ran on it, who may use it does not.
https://docs.databricks.com/api/azure/workspace/queryhistory/list
https://learn.microsoft.com/azure/databricks/security/auth/access-control/#sql-warehouse-acls
"""

from __future__ import annotations

import re
from typing import Any

from databricks.sdk.service.sql import QueryInfo, QueryStatementType, QueryStatus

from rehearsal.workspace import clock
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.permissions import acl
from rehearsal.workspace.sql import statements, warehouses
from rehearsal.workspace.store import Body, Transaction

Parameters = dict[str, list[str]]
_MOST, _USUAL = 1000, 100
_NOT_SEEING = {"CAN_USE"}
_STATUSES = {"RUNNING": "RUNNING", "SUCCEEDED": "FINISHED", "FAILED": "FAILED", "CANCELED": "CANCELED"}
_FILTERS = ("statement_ids", "statuses", "user_ids", "warehouse_ids")
_SINCE, _UNTIL = "filter_by.query_start_time_range.start_time_ms", "filter_by.query_start_time_range.end_time_ms"
_OTHERS = ("include_metrics", "max_results", "page_token")


def page(tx: Transaction, call: Call, asked: Parameters) -> Body:
    """The newest first, `max_results` of them. Raises DatabricksError 400 for a filter that is not known."""
    unknown = set(asked) - {f"filter_by.{name}" for name in _FILTERS} - {_SINCE, _UNTIL, *_OTHERS}
    if unknown:
        raise invalid(f"Unknown parameters: {', '.join(sorted(unknown))}.")
    size = _number(asked, "max_results", _USUAL)
    if not 0 < size <= _MOST:
        raise invalid(f"max_results must be between 1 and {_MOST}; found {size}.")
    last = asked.get("page_token", [""])[0]
    rows = [
        (f"{body['started']:015d}/{key}", _info(tx, key.partition("/")[2], body))
        for key, body in tx.items(statements.KIND, f"{call.workspace}/")
        if "started" in body and _may_see(tx, call, body)
    ]
    found = sorted(
        ((place, info) for place, info in rows if _wanted(info, asked)), key=lambda row: row[0], reverse=True
    )
    following = [(place, info) for place, info in found if not last or place < last]
    shown = following[:size]
    answer: Body = {"res": [info for _, info in shown], "has_next_page": len(following) > size}
    return answer | ({"next_page_token": shown[-1][0]} if len(following) > size else {})


def _may_see(tx: Transaction, call: Call, body: Body) -> bool:
    if body["principal"] == call.principal.name:
        return True
    held = acl.entries(tx, call.workspace, warehouses.OBJECT_TYPE, body["warehouse_id"])
    levels = {held[name] for name in held.keys() & call.principal.names}
    return call.principal.is_admin or bool(levels - _NOT_SEEING)


def _info(tx: Transaction, statement_id: str, body: Body) -> Body:
    status = QueryStatus(_STATUSES[body["status"]["state"]])
    ended = body.get("ended")
    return QueryInfo(
        query_id=statement_id,
        query_text=body["text"],
        statement_type=_type(body["text"]),
        status=status,
        is_final=ended is not None,
        user_name=body["principal"],
        user_id=int(body["principal_id"]),
        executed_as_user_name=body["principal"],
        executed_as_user_id=int(body["principal_id"]),
        warehouse_id=body["warehouse_id"],
        endpoint_id=body["warehouse_id"],
        query_start_time_ms=body["started"],
        query_end_time_ms=ended,
        execution_end_time_ms=ended,
        duration=(ended or clock.milliseconds(tx)) - body["started"],
        rows_produced=(body.get("manifest") or {}).get("total_row_count"),
        error_message=(body["status"].get("error") or {}).get("message"),
    ).as_dict()


def _type(text: str) -> QueryStatementType:
    """By the first word, comments left out."""
    bare = re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL).split()
    word = bare[0].upper() if bare else ""
    word = "SELECT" if word == "WITH" else word
    return QueryStatementType[word] if word in QueryStatementType.__members__ else QueryStatementType.OTHER


def _wanted(info: Body, asked: Parameters) -> bool:
    of: dict[str, Any] = {
        "statement_ids": info["query_id"],
        "statuses": info["status"],
        "user_ids": str(info["user_id"]),
        "warehouse_ids": info["warehouse_id"],
    }
    started = info["query_start_time_ms"]
    return all(value in asked.get(f"filter_by.{name}", [value]) for name, value in of.items()) and _number(
        asked, _SINCE, started
    ) <= started <= _number(asked, _UNTIL, started)


def _number(asked: Parameters, name: str, default: int) -> int:
    text = asked.get(name, [str(default)])[0]
    if not text.isdigit():
        raise invalid(f"{name} must be a number; found '{text}'.")
    return int(text)
