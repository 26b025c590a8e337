"""Asking an endpoint: permission, the AI gateway's limits, the model's answer, the line for the inference table.

An ASGI application of its own, without a framework's layers and threads: everything here takes microseconds but the
model's answer, and that is waited for by the event loop.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from typing import TYPE_CHECKING

import orjson

from rehearsal.workspace import errors
from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.serving import payload_log
from rehearsal.workspace.serving.admission import Admission
from rehearsal.workspace.serving.lifecycle import admissions, deployments, payloads, rate_limits
from rehearsal.workspace.serving.limits import MAX_REQUEST_BYTES
from rehearsal.workspace.serving.wire import Answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_PATH = re.compile(r"/serving-endpoints/([^/]+)(?:/served-models/([^/]+))?/invocations")
_CLIENT_REQUEST_ID = b"client_request_id"
log = logging.getLogger(__name__)


class Invocations:
    """Answers requests for predictions, and passes every other request on.

    Args:
        otherwise: the application that answers what is no such request.
    """

    def __init__(self, otherwise: ASGIApp, platform: Platform, workspace: str) -> None:
        self._otherwise = otherwise
        self._platform = platform
        self._workspace = workspace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI's entry."""
        found = _PATH.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if found is None:
            await self._otherwise(scope, receive, send)
            return
        name, entity = found.groups()
        request_id = str(uuid.uuid4())
        headers: dict[bytes, bytes] = dict(scope["headers"])
        extra: list[tuple[bytes, bytes]] = []
        try:
            admission = admissions().admit(self._workspace, headers.get(b"authorization", b"").decode("latin-1"), name)
            rate_limits().admit(admission.endpoint, admission.principal)
            body = await _body(receive, int(headers.get(b"content-length", b"0")))
            content_type = headers.get(b"content-type", b"application/json").decode("latin-1")
            served, answer = await self._answer(admission, entity, body, content_type, request_id)
            extra.append((b"served-model-name", served.encode("latin-1", errors="replace")))
            status, text = answer
            if status >= 400:
                refusal = orjson.loads(text)
                text = _refusal(refusal["error_code"], refusal["message"], request_id)
        except DatabricksError as error:
            status, text = error.status, _refusal(error.error_code, error.message, request_id)
        except Exception:
            log.exception("request %s to endpoint %s failed", request_id, name)
            status, text = 500, _refusal("INTERNAL_ERROR", "An internal error occurred.", request_id)
        length = (b"content-length", b"%d" % len(text))
        kind = (b"content-type", b"application/json")
        await send({"type": "http.response.start", "status": status, "headers": [kind, length, *extra]})
        await send({"type": "http.response.body", "body": text})

    async def _answer(
        self, admission: Admission, entity: str | None, body: bytes, content_type: str, request_id: str
    ) -> tuple[str, Answer]:
        """The served entity's name and its answer, which is in the log for the inference table when this returns."""
        body, client_request_id = _client_request_id(body)
        started = self._platform.clock.now().timestamp()
        clock = time.monotonic()
        served, answer = await deployments().invoke(admission.endpoint, body, content_type, entity)
        seconds = time.monotonic() - clock
        served.metrics.record(answer.status, seconds)
        if admission.table is not None:
            line = payload_log.row(
                call_id=request_id,
                requester=admission.principal.name,
                started=started,
                seconds=seconds,
                status=answer.status,
                request=body,
                response=answer.body,
                served=served.name,
                client_request_id=client_request_id,
            )
            try:
                payloads().add(admission.table, line)
            except OSError:  # a log that cannot be written fails no request
                log.exception("inference table %s: request %s is not logged", admission.table, request_id)
        return served.name, answer


async def _body(receive: Receive, announced: int) -> bytes:
    """The request's body as it came, up to the limit of Model Serving."""
    parts: list[bytes] = []
    size, more = announced, True
    while more and size <= MAX_REQUEST_BYTES:
        message = await receive()
        parts.append(message.get("body", b""))
        size = max(announced, sum(map(len, parts)))
        more = message.get("more_body", False)
    if size > MAX_REQUEST_BYTES:
        raise invalid(f"Request size cannot exceed {MAX_REQUEST_BYTES} bytes; found {size}.", "BAD_REQUEST")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _refusal(code: str, message: str, request_id: str) -> bytes:
    return orjson.dumps(errors.body(code, message, request_id))


def _client_request_id(body: bytes) -> tuple[bytes, str | None]:
    """The body for the model, less the caller's own id of the request, which is for the log."""
    if _CLIENT_REQUEST_ID not in body:
        return body, None
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body, None
    if not isinstance(document, dict) or _CLIENT_REQUEST_ID.decode() not in document:
        return body, None
    identifier = document.pop(_CLIENT_REQUEST_ID.decode())
    return orjson.dumps(document), str(identifier)
