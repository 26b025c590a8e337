"""The actions of a workflow: each takes its inputs, expressions replaced, and gives outputs and a status."""

from __future__ import annotations

import time
from typing import Any

import httpx

from rehearsal.workspace.arm import identities, resources
from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.identity import tokens
from rehearsal.workspace.store import Body, Transaction

# The application that stands for Azure Databricks in every tenant; tokens for others are not accepted there.
DATABRICKS = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
TOKEN_SECONDS = 600
REQUEST_SECONDS = 120  # how long Azure waits for an answer, too
_PASSING = (408, 429, 500, 502, 503, 504)
_RETRIES, _PAUSE_SECONDS = 4, 0.5  # Azure also tries five times, from 7.5 s on


class ActionFailed(Exception):
    """The action did not succeed; code and message as the run's history tells them, outputs if there are any."""

    def __init__(self, code: str, message: str, outputs: Body | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.outputs = outputs


def call(platform: Platform, workflow: Body, inputs: Body) -> Body:
    """An Http action: the request, repeated while the other side fails in passing. Raises ActionFailed."""
    headers = {str(name): str(value) for name, value in inputs.get("headers", {}).items()}
    if "authentication" in inputs:
        headers["Authorization"] = f"Bearer {_token(platform, workflow, inputs['authentication'])}"
    body = inputs.get("body")
    content = {"content": body} if isinstance(body, str) else {"json": body} if body is not None else {}
    retries = 0 if inputs.get("retryPolicy", {}).get("type") == "none" else _RETRIES
    for attempt in range(retries + 1):
        last = attempt == retries
        try:
            answer = httpx.request(
                inputs.get("method", "GET"), inputs["uri"], params=inputs.get("queries"), headers=headers,
                timeout=REQUEST_SECONDS, **content,
            )  # fmt: skip
        except (httpx.TransportError, httpx.InvalidURL) as error:
            if last or isinstance(error, httpx.InvalidURL):
                raise ActionFailed("BadRequest", f"Http request failed: {error}") from error
        else:
            if answer.status_code not in _PASSING or last:
                break
        time.sleep(_PAUSE_SECONDS * 2**attempt)
    outputs = {"statusCode": answer.status_code, "headers": dict(answer.headers), "body": _body(answer)}
    if answer.is_error:
        raise ActionFailed(
            httpx.codes.get_reason_phrase(answer.status_code).replace(" ", ""), answer.text[:500], outputs
        )
    return outputs


def _body(answer: httpx.Response) -> Any:
    if "json" in answer.headers.get("content-type", "") and answer.content:
        return answer.json()
    return answer.text


def _token(platform: Platform, workflow: Body, authentication: Body) -> str:
    """A token of the workflow's managed identity, as its service principal in Databricks. Raises ActionFailed."""
    if authentication.get("type") != "ManagedServiceIdentity":
        kind = authentication.get("type")
        raise ActionFailed("Unauthorized", f"Authentication of type '{kind}' is not known to the local Azure.")
    if authentication.get("audience", "").rstrip("/") != DATABRICKS:
        raise ActionFailed("Unauthorized", f"Azure Databricks takes tokens of the audience {DATABRICKS} only.")
    with platform.store.transaction() as tx:
        application_id = _application_id(tx, workflow, authentication.get("identity"))
        try:
            comment = f"managed identity of {workflow['name']}"
            return tokens.create(tx, application_id, TOKEN_SECONDS, comment, personal=False)[0]
        except DatabricksError as error:
            message = f"The identity {application_id} is no service principal of the Databricks account."
            raise ActionFailed("Unauthorized", message) from error


def _application_id(tx: Transaction, workflow: Body, wanted: str | None) -> str:
    identity = workflow.get("identity") or {}
    if wanted is None:
        found = identities.client_id(tx, identity.get("principalId", ""))
    else:
        assigned = {name.lower() for name in identity.get("userAssignedIdentities") or {}}
        resource = resources.find(tx, wanted) if wanted.lower() in assigned else None
        found = resource["properties"]["clientId"] if resource else None
    if found is None:
        raise ActionFailed("Unauthorized", f"The workflow has no managed identity {wanted or 'of its own'}.")
    return str(found)
