"""The outermost layer of each port: requests that a fault meets come to grief; without faults it costs a look-up."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from rehearsal.workspace.context import Platform
from rehearsal.workspace.faults import fault as faults
from rehearsal.workspace.faults.fault import Fault
from rehearsal.workspace.faults.past import Past
from rehearsal.workspace.faults.registry import die, registry

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
API = "/api/2.0/understudy/faults"
_ANSWERS = {
    faults.TOO_MANY_REQUESTS: (429, "REQUEST_LIMIT_EXCEEDED", "Too many requests: please retry later."),
    faults.SERVER_ERROR: (500, "INTERNAL_ERROR", "An internal error occurred."),
    faults.UNAVAILABLE: (503, "TEMPORARILY_UNAVAILABLE", "The service is temporarily unavailable."),
}


class Injection:
    """An ASGI application around another."""

    def __init__(self, app: Application, platform: Platform, as_of: Callable[[Platform], Application]) -> None:
        """`as_of` makes the same application over a platform whose store shows the past."""
        self._app = app
        self._past = Past(platform, as_of)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or let it meet its faults."""
        if not registry.requests or scope["type"] != "http" or scope["path"].startswith(API):
            await self._app(scope, receive, send)
            return
        await self._serve(registry.striking(scope["method"], scope["path"]), scope, receive, send)

    async def _serve(self, struck: list[Fault], scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        for fault in struck:
            name = fault.wanted.name
            if name == faults.LATENCY:
                await asyncio.sleep(fault.wanted.seconds)
            elif name == faults.SLOW_CONSISTENCY:  # a write, too, makes the past remember what was before it
                past = await asyncio.to_thread(self._past.application, fault)
                app = past if scope["method"] in ("GET", "HEAD") else self._app
            elif name in _ANSWERS:
                await _refuse(fault, scope, send)
                return
        lost = [fault for fault in struck if fault.wanted.name in (faults.DROPPED_CONNECTION, faults.KILL)]
        if lost and lost[0].wanted.when == "after":
            await app(scope, receive, _swallow)
        for fault in lost:
            if fault.wanted.name == faults.KILL:
                die()
            send.__self__.transport.abort()  # type: ignore[attr-defined]  # uvicorn's: ASGI has no word for it
            return
        await app(scope, receive, send)


async def _refuse(fault: Fault, scope: Scope, send: Send) -> None:
    status, code, message = _ANSWERS[fault.wanted.name]
    details = [{"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": str(uuid.uuid4())}]
    body = json.dumps({"error_code": code, "message": message, "details": details}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status != 500:
        headers.append((b"retry-after", str(fault.wanted.retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _swallow(_: MutableMapping[str, Any]) -> None:
    """An answer that never arrives."""
