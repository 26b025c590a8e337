"""From an HTTP request to a `Call`: who asks is known before any handler runs."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Request

from rehearsal.workspace.context import Call, Platform
from rehearsal.workspace.errors import unauthenticated
from rehearsal.workspace.identity import tokens


def current_call(request: Request) -> Call:
    """Authenticate the bearer token. Raises DatabricksError 401."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthenticated("Credential was not sent or was of an unsupported type for this API.")
    platform: Platform = request.app.state.platform
    with platform.store.transaction() as tx:
        principal = tokens.authenticate(tx, token.strip(), request.app.state.workspace)
    request.state.principal = principal  # for the audit log
    return Call(principal, principal.workspace, platform, request_id(request))


def request_id(request: Request) -> str:
    """The request's id, made once; it is in every error's details and in the log."""
    if not hasattr(request.state, "request_id"):
        request.state.request_id = str(uuid.uuid4())
    return str(request.state.request_id)


CallDep = Annotated[Call, Depends(current_call)]
