"""The ASGI layer that writes down each request before its answer has left.

It reads what passes by: the body of a small JSON request on its way in, the status and an error's words on its way
out. Who asked, under which id, and which function answered, the layers below have left in the request's scope by then.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rehearsal.workspace.audit import actions, lifecycle, redaction
from rehearsal.workspace.audit.events import Event
from rehearsal.workspace.context import Platform

_AUDITED = ("/api/", "/oidc/", "/serving-endpoints/", "/ajax-api/")
_LONGEST_BODY = 64 * 1024


class Audit:
    """Wraps an application of one workspace, or of the account."""

    def __init__(self, app: ASGIApp, platform: Platform, workspace: str) -> None:
        self._app, self._platform, self._workspace = app, platform, workspace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does."""
        if scope["type"] != "http" or not str(scope["path"]).startswith(_AUDITED):
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        sniffed = _Sniffed(headers, receive, send, lambda seen: self._write(scope, headers, seen))
        await self._app(scope, sniffed.receive, sniffed.send)

    def _write(self, scope: Scope, headers: dict[str, str], seen: _Sniffed) -> None:
        state = scope.get("state", {})
        endpoint = scope.get("endpoint")
        if endpoint is None:
            ours, service, action = "unknown", *actions.UNKNOWN
        else:
            ours, service, action = actions.named(endpoint.__module__, endpoint.__name__)
        given: dict[str, Any] = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        given |= seen.request_fields() | scope.get("path_params", {})
        principal = state.get("principal")
        lifecycle.add(
            Event(
                milliseconds=self._platform.clock.milliseconds(),
                workspace=self._workspace,
                principal=principal.name if principal else None,
                service=service,
                action=action,
                status=seen.status,
                parameters=redaction.parameters(ours, given),
                error=redaction.message(ours, seen.error()) if seen.status >= 400 else None,
                source_ip=(scope.get("client") or (None,))[0],
                user_agent=redaction.cleaned(headers.get("user-agent", "")),
                request_id=state.get("request_id"),
            )
        )


class _Sniffed:
    """A request's two streams, read along."""

    def __init__(self, headers: dict[str, str], receive: Receive, send: Send, done: Any) -> None:
        self._receive, self._send, self._done = receive, send, done
        kind = headers.get("content-type", "")
        self._type = "json" if "json" in kind else "form" if "form-urlencoded" in kind else ""
        self._reading = bool(self._type) and int(headers.get("content-length") or 0) <= _LONGEST_BODY
        self._asked, self._answered = bytearray(), bytearray()
        self.status = 500

    async def receive(self) -> Message:
        """What the application reads next."""
        message = await self._receive()
        if self._reading and len(self._asked) <= _LONGEST_BODY:
            self._asked += message.get("body", b"")
        return message

    async def send(self, message: Message) -> None:
        """What the application answers next; its last part leaves when the event is written."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body":
            if self.status >= 400 and len(self._answered) <= _LONGEST_BODY:
                self._answered += message.get("body", b"")
            if not message.get("more_body", False):
                self._done(self)
        await self._send(message)

    def request_fields(self) -> dict[str, Any]:
        """The fields of a JSON object or a form."""
        if self._type == "form":
            return dict(parse_qsl(self._asked.decode("utf-8", "replace")))
        return _object(self._asked)

    def error(self) -> str:
        """An error's code and message."""
        told = _object(self._answered)
        return f"{told.get('error_code') or told.get('error') or self.status}: {told.get('message') or ''}"


def _object(text: bytearray) -> dict[str, Any]:
    try:
        read = json.loads(text) if text else {}
    except ValueError:  # what is no JSON was refused by the application, and says nothing
        return {}
    return read if isinstance(read, dict) else {}
