"""HTTP of workflows' triggers: the signed address that an alert's webhook calls. The signature is the credential."""

from __future__ import annotations

import hmac
import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from rehearsal.workspace.arm.errors import ArmError, invalid, not_found
from rehearsal.workspace.arm.logic import definition, runs, workflows
from rehearsal.workspace.arm.route import ArmRoute
from rehearsal.workspace.context import Platform

router = APIRouter(route_class=ArmRoute)


async def _content(request: Request) -> bytes:
    return await request.body()


@router.post("/workflows/{number}/triggers/{trigger}/paths/invoke")
def invoke(
    number: str,
    trigger: str,
    request: Request,
    content: Annotated[bytes, Depends(_content)],
    permission: Annotated[str, Query(alias="sp")] = "",
    version: Annotated[str, Query(alias="sv")] = "",
    given: Annotated[str, Query(alias="sig")] = "",
) -> Response:
    """Start a run: 202 at once, or the workflow's own answer when it has a Response action."""
    platform: Platform = request.app.state.platform
    with platform.store.transaction() as tx:
        right = workflows.signature(tx, number, permission, version)
        if not hmac.compare_digest(right, given) or permission != f"/triggers/{trigger}/run":
            raise ArmError(401, "DirectApiInvalidAuthorizationScheme", "The authentication credentials are not valid.")
        workflow = workflows.by_number(tx, number)
        if workflow is None or trigger not in workflow["properties"]["definition"].get("triggers", {}):
            raise not_found(f"The workflow trigger '{trigger}' could not be found.", "WorkflowTriggerNotFound")
        if workflow["properties"]["state"] != "Enabled":
            raise invalid(f"The workflow '{workflow['name']}' is not enabled.", "WorkflowNotEnabled")
        outputs = {"headers": dict(request.headers), "body": _body(content, request.headers.get("content-type", ""))}
        record = runs.create(tx, workflow, trigger, outputs)
    answer = {"x-ms-workflow-run-id": record["name"], "x-ms-workflow-name": workflow["name"]}
    if not definition.answers(workflow["properties"]["definition"]):
        runs.perform_later(platform, record)
        return Response(status_code=202, headers=answer)
    response = runs.perform(platform, record)
    if response is None:
        raise ArmError(502, "NoResponse", "The server did not receive a response from an upstream server.")
    return JSONResponse(response.get("body"), int(response.get("statusCode", 200)), headers=answer)


def _body(content: bytes, kind: str) -> Any:
    if not content:
        return None
    try:
        return json.loads(content) if "json" in kind else content.decode()
    except ValueError as error:
        raise invalid(f"The request content is not valid: {error}") from error
