"""One audit event: as a line while it waits, and as a row of the table."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from rehearsal.workspace.context import ACCOUNT
from rehearsal.workspace.identity.installation import ACCOUNT_ID, workspace_id
from rehearsal.workspace.store import Body
from rehearsal.workspace.system_tables.schemas import AUDIT_COLUMNS


@dataclass(frozen=True)
class Event:
    """What happened. Parameters and message are without secrets already."""

    milliseconds: int
    workspace: str
    principal: str | None
    service: str
    action: str
    status: int
    parameters: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None
    source_ip: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    session_id: str | None = None

    def line(self) -> Body:
        """The event as it is written at once."""
        return {
            "time": self.milliseconds,
            "workspace_id": str(workspace_id(self.workspace) or 0),
            "audit_level": "ACCOUNT_LEVEL" if self.workspace == ACCOUNT else "WORKSPACE_LEVEL",
            "email": self.principal,
            "service_name": self.service,
            "action_name": self.action,
            "request_params": dict(self.parameters),
            "status_code": self.status,
            "error_message": self.error,
            "source_ip_address": self.source_ip,
            "user_agent": self.user_agent,
            "request_id": self.request_id,
            "session_id": self.session_id,
            "event_id": uuid.uuid4().hex,
        }


def rows(lines: list[Body]) -> pa.Table:
    """Lines as rows of `system.access.audit`."""
    return pa.Table.from_pylist([_row(line) for line in lines], schema=pa.schema(AUDIT_COLUMNS))


def _row(line: Body) -> dict[str, Any]:
    moment = datetime.fromtimestamp(line["time"] / 1000, UTC)
    kept = ("workspace_id", "audit_level", "service_name", "action_name", "source_ip_address", "user_agent")
    return {
        **{name: line[name] for name in (*kept, "request_id", "session_id", "event_id")},
        "version": "2.0",
        "event_time": moment,
        "event_date": moment.date(),
        "account_id": ACCOUNT_ID,
        "user_identity": {"email": line["email"], "subject_name": None},
        "request_params": list(line["request_params"].items()),
        "response": {"status_code": line["status_code"], "error_message": line["error_message"], "result": None},
        "identity_metadata": {"run_by": line["email"], "run_as": line["email"]},
    }
