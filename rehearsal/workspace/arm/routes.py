"""HTTP of Azure Resource Manager: one path scheme for all types of resources."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse

from rehearsal.workspace.arm import authorization, identities, ids, resources, sign_in
from rehearsal.workspace.arm.errors import ArmError, invalid, not_found
from rehearsal.workspace.arm.logic import routes as triggers
from rehearsal.workspace.arm.logic import runs, workflows
from rehearsal.workspace.arm.resources import Change
from rehearsal.workspace.arm.route import ArmRoute
from rehearsal.workspace.arm.types import type_of
from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import Call
from rehearsal.workspace.store import Body, Transaction

router = APIRouter()
resource_manager = APIRouter(route_class=ArmRoute)
RESOURCE = "/subscriptions/{path:path}"


def require_version(version: Annotated[str, Query(alias="api-version")] = "") -> None:
    """Every request says which version of the API it speaks; here all versions are the same."""
    if not version:
        raise invalid("The api-version query parameter (?api-version=) is required.", "MissingApiVersionParameter")


Versioned = [Depends(require_version)]


@resource_manager.get(RESOURCE, dependencies=Versioned)
def get(path: str, call: CallDep, expression: Annotated[str | None, Query(alias="$filter")] = None) -> Any:
    """One resource, or the resources of a collection."""
    path = f"/subscriptions/{path}"
    _authorize(call, path, "read")
    with call.store.transaction() as tx:
        return _history(tx, path) or _role_definitions(path, expression) or _collection(tx, path) or _one(tx, path)


@resource_manager.head(RESOURCE, dependencies=Versioned)
def exists(path: str, call: CallDep) -> Response:
    """Does the resource exist?"""
    path = f"/subscriptions/{path}"
    _authorize(call, path, "read")
    with call.store.transaction() as tx:
        _one(tx, path)
    return Response(status_code=204)


@resource_manager.put(RESOURCE, dependencies=Versioned)
def put(path: str, body: Body, call: CallDep) -> JSONResponse:
    """Create a resource, or put another document in its place."""
    path = f"/subscriptions/{path}"
    _authorize(call, path, "write")
    return _put(path, body, call)


@resource_manager.patch(RESOURCE, dependencies=Versioned)
def patch(path: str, body: Body, call: CallDep) -> JSONResponse:
    """Change parts of a resource; null takes away."""
    path = f"/subscriptions/{path}"
    _authorize(call, path, "write")
    with call.store.transaction() as tx:
        return _put(path, _merged(resources.existing(tx, ids.parse(path)), body), call)


@resource_manager.delete(RESOURCE, dependencies=Versioned)
def delete(path: str, call: CallDep) -> Response:
    """Delete a resource with what is inside; 204 when there is none, as Azure answers."""
    resource_id = ids.parse(f"/subscriptions/{path}")
    _authorize(call, resource_id.text, "delete")
    kind = type_of(resource_id.type)
    with call.store.transaction() as tx:
        body = resources.find(tx, resource_id.text)
        if body is None:
            return Response(status_code=204)
        change = Change(tx, call.platform, sign_in.current_tenant(tx), resource_id, body, body)
        resources.delete(kind, change, type_of)
    for afterwards in change.afterwards:
        afterwards()
    return Response(status_code=200)


@resource_manager.post(RESOURCE, dependencies=Versioned)
def act(path: str, call: CallDep) -> Any:
    """Actions of resources; the one that there is tells the address of a workflow's trigger."""
    path = f"/subscriptions/{path}"
    _authorize(call, path, "action")
    workflow_id, _, rest = path.partition("/triggers/")
    trigger, _, action = rest.partition("/")
    if action != "listCallbackUrl":
        raise not_found(f"The local Azure does not know the action '{path.rpartition('/')[2]}'.", "InvalidAction")
    with call.store.transaction() as tx:
        workflow = resources.existing(tx, ids.parse(workflow_id))
        return workflows.callback(tx, call.platform, workflow, trigger)


def _put(path: str, body: Body, call: Call) -> JSONResponse:
    resource_id = ids.parse(path)
    kind = type_of(resource_id.type)
    with call.store.transaction() as tx:
        before = resources.find(tx, path)
        change = Change(tx, call.platform, sign_in.current_tenant(tx), resource_id, before, body)
        stored = resources.put(kind, change)
        answer = kind.show(tx, stored)
    for afterwards in change.afterwards:
        afterwards()
    return JSONResponse(answer, 201 if before is None else 200)


def _one(tx: Transaction, path: str) -> Body:
    resource_id = ids.parse(path)
    if resource_id.type == ids.SUBSCRIPTION_TYPE:
        number, tenant = resource_id.name, sign_in.current_tenant(tx)
        return {"id": path, "subscriptionId": number, "tenantId": tenant, "displayName": number, "state": "Enabled"}
    kind = type_of(resource_id.type)
    return kind.show(tx, resources.existing(tx, resource_id))


def _collection(tx: Transaction, path: str) -> Body | None:
    """Resource groups of a subscription, resources of a group, resources of one type."""
    parts = path.lower().rstrip("/").split("/")
    if len(parts) == 4 and parts[3] == "resourcegroups":
        scope, kind = "/".join(parts[:3]), ids.GROUP_TYPE
    elif len(parts) == 6 and parts[5] == "resources":
        scope, kind = "/".join(parts[:5]), ""
        resources.existing(tx, ids.parse(scope))
    elif (found := ids.parse_collection(path)) is not None:
        scope = found.text.rstrip("/").rpartition("/")[0] if len(found.names) > 1 else found.scope
        kind = type_of(found.type).name
    else:
        return None
    return {"value": [type_of(body["type"]).show(tx, body) for body in resources.within(tx, scope, kind)]}


def _role_definitions(path: str, expression: str | None) -> Body | None:
    scope, found, number = path.partition("/providers/Microsoft.Authorization/roleDefinitions")
    if not found:
        return None
    if number.strip("/"):
        return authorization.role_definition(scope, number.strip("/"))
    return {"value": authorization.role_definitions(scope, expression)}


def _history(tx: Transaction, path: str) -> Body | None:
    """A workflow's runs: all of them, one, or one's actions."""
    workflow_id, found, rest = path.partition("/runs")
    if not found or ids.parse(workflow_id).type.lower() != workflows.WORKFLOW.lower():
        return None
    resources.existing(tx, ids.parse(workflow_id))
    _, _, below = rest.partition("/")
    name, _, part = below.partition("/")
    records = runs.listed(tx, workflow_id)
    if not name:
        return {"value": [runs.shown(record) for record in records]}
    record = next((record for record in records if record["name"] == name), None)
    if record is None:
        raise not_found(f"The workflow run '{name}' could not be found.", "WorkflowRunNotFound")
    return {"value": runs.shown_actions(record)} if part == "actions" else runs.shown(record)


def _merged(before: Body, change: Body) -> Body:
    after = dict(before)
    for name, value in change.items():
        if value is None:
            after.pop(name, None)
        elif isinstance(value, dict) and isinstance(after.get(name), dict) and name != "tags":
            after[name] = _merged(after[name], value)
        else:
            after[name] = value
    return after


def _authorize(call: Call, path: str, action: str) -> None:
    """Azure is for administrators and for service principals that deploy; people and identities of resources have no
    role there. (Roles that are assigned in Azure give access to data, and are not looked at here.)
    """
    principal = call.principal
    if principal.is_admin:
        return
    with call.store.transaction() as tx:
        if principal.kind == "service_principal" and not identities.is_managed(tx, principal.name):
            return
    message = f"The client '{principal.name}' does not have authorization to perform action '{action}' over scope"
    raise ArmError(403, "AuthorizationFailed", f"{message} '{path}' or the scope is invalid.")


for part in (sign_in.router, triggers.router, resource_manager):
    router.include_router(part)
