"""How services that are not asked by REST, such as the gateways, say what they did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.workspace.audit import lifecycle, redaction
from rehearsal.workspace.audit.events import Event
from rehearsal.workspace.context import Platform, Principal


def record(
    platform: Platform,
    principal: Principal,
    service: str,
    action: str,
    parameters: Mapping[str, Any],
    status: int = 200,
    error: str | None = None,
    user_agent: str | None = None,
    session_id: str | None = None,
) -> None:
    """Write down that a principal did something in his workspace.

    Args:
        service: Databricks' name, such as `databrickssql`.
        action: Databricks' name, such as `commandSubmit`.
        parameters: what was asked for; credentials in it are left out.
        status: as of an HTTP answer: 200, 403 for a refusal, 500.
    """
    lifecycle.add(
        Event(
            milliseconds=platform.clock.milliseconds(),
            workspace=principal.workspace,
            principal=principal.name,
            service=service,
            action=action,
            status=status,
            parameters=redaction.parameters(service, parameters),
            error=redaction.message(service, error) if error else None,
            source_ip="127.0.0.1",
            user_agent=user_agent,
            session_id=session_id,
        )
    )
