"""Asking an endpoint: permission, the AI gateway's limits, the model's answer, the line for the inference table."""

from __future__ import annotations

import json
import logging
import time
from typing import Annotated

import httpx
from fastapi import APIRouter, Depends, Request, Response

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.serving import ai_gateway, endpoints, payload_log
from rehearsal.workspace.serving.lifecycle import deployments, payloads, rate_limits

# https://learn.microsoft.com/azure/databricks/machine-learning/model-serving/model-serving-limits
MAX_REQUEST_BYTES = 16 * 1024 * 1024
_CLIENT_REQUEST_ID = "client_request_id"
log = logging.getLogger(__name__)
router = APIRouter(prefix="/serving-endpoints/{name}")


async def raw_body(request: Request) -> bytes:
    """The request's body as it came, up to the limit of Model Serving."""
    body = await request.body()
    if len(body) > MAX_REQUEST_BYTES:
        raise invalid(f"Request size cannot exceed {MAX_REQUEST_BYTES} bytes; found {len(body)}.", "BAD_REQUEST")
    return body


RawBody = Annotated[bytes, Depends(raw_body)]


@router.post("/invocations")
def invoke(name: str, body: RawBody, request: Request, call: CallDep) -> Response:
    """Score by the entity that the traffic split chooses."""
    return _invoke(name, None, body, request, call)


@router.post("/served-models/{entity}/invocations")
def invoke_entity(name: str, entity: str, body: RawBody, request: Request, call: CallDep) -> Response:
    """Score by one served entity, whatever the traffic split."""
    return _invoke(name, entity, body, request, call)


def _invoke(name: str, entity: str | None, body: bytes, request: Request, call: Call) -> Response:
    with call.store.transaction() as tx:
        endpoint = endpoints.find_permitted(tx, call, name, "CAN_QUERY")
    rate_limits().admit(endpoint, call.principal)
    table = ai_gateway.table_name(endpoint)
    body, client_request_id = _client_request_id(body)
    content_type = request.headers.get("content-type", "application/json")
    started, clock = time.time(), time.monotonic()
    served, answer = deployments().invoke(endpoint, body, content_type, entity)
    if table is not None:
        _log(table, call, started, time.monotonic() - clock, body, answer, served, client_request_id)
    if answer.is_success:
        return Response(answer.content, media_type="application/json", headers={"served-model-name": served})
    refusal = answer.json()
    raise DatabricksError(answer.status_code, refusal["error_code"], refusal["message"])


def _log(
    table: str,
    call: Call,
    started: float,
    seconds: float,
    body: bytes,
    answer: httpx.Response,
    served: str,
    client_request_id: str | None,
) -> None:
    """A log that cannot be written fails no request."""
    line = payload_log.row(
        call_id=call.request_id,
        requester=call.principal.name,
        started=started,
        seconds=seconds,
        status=answer.status_code,
        request=body,
        response=answer.content,
        served=served,
        client_request_id=client_request_id,
    )
    try:
        payloads().add(table, line)
    except OSError:
        log.exception("inference table %s: request %s is not logged", table, call.request_id)


def _client_request_id(body: bytes) -> tuple[bytes, str | None]:
    """The body for the model, less the caller's own id of the request, which is for the log."""
    if _CLIENT_REQUEST_ID.encode() not in body:
        return body, None
    try:
        document = json.loads(body)
    except ValueError:
        return body, None
    if not isinstance(document, dict) or _CLIENT_REQUEST_ID not in document:
        return body, None
    identifier = document.pop(_CLIENT_REQUEST_ID)
    return json.dumps(document).encode(), str(identifier)
