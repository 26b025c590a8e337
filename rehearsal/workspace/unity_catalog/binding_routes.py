"""HTTP of workspace bindings: of every kind that has them, and the older call for catalogs alone."""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.catalog import WorkspaceBinding
from fastapi import APIRouter
from pydantic import BaseModel

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import access, bindings, securables
from rehearsal.workspace.unity_catalog.privileges import CATALOG

router = APIRouter(prefix="/api/2.1/unity-catalog")


class Assignments(BaseModel):
    """What the older call changes (databricks-sdk has no dataclass of this request)."""

    assign_workspaces: list[int] = []
    unassign_workspaces: list[int] = []


@router.get("/bindings/{securable_type}/{securable_name}")
def get_bindings(securable_type: str, securable_name: str, call: CallDep) -> dict[str, Any]:
    """Which workspaces the object is bound to."""
    kind = _kind(securable_type)
    with call.store.transaction() as tx:
        access.require_manager(tx, call.principal, kind, securable_name)
        return _shown(bindings.read(tx, kind, securable_name))


@router.patch("/bindings/{securable_type}/{securable_name}")
def update_bindings(securable_type: str, securable_name: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Bind and unbind workspaces."""
    add, remove = ([_parsed(item) for item in body.get(field) or []] for field in ("add", "remove"))
    return _shown(_changed(call, _kind(securable_type), securable_name, add, remove))


@router.get("/workspace-bindings/catalogs/{name}")
def get_workspaces(name: str, call: CallDep) -> dict[str, Any]:
    """Numbers of the workspaces that a catalog is bound to."""
    return {"workspaces": [item["workspace_id"] for item in get_bindings("catalog", name, call)["bindings"]]}


@router.patch("/workspace-bindings/catalogs/{name}")
def update_workspaces(name: str, wanted: Assignments, call: CallDep) -> dict[str, Any]:
    """Bind workspaces to a catalog for reading and writing, and unbind others."""
    add = [WorkspaceBinding(workspace_id=number) for number in wanted.assign_workspaces]
    remove = [WorkspaceBinding(workspace_id=number) for number in wanted.unassign_workspaces]
    return {"workspaces": [item.workspace_id for item in _changed(call, CATALOG, name, add, remove)]}


def _kind(securable_type: str) -> str:
    kind = securable_type.upper().replace("-", "_")
    if kind not in securables.ISOLATED:
        raise invalid(f"Securable type '{securable_type}' cannot be bound to workspaces.")
    return kind


def _parsed(item: Body) -> WorkspaceBinding:
    binding = parsed(WorkspaceBinding, item)
    if binding.workspace_id is None or (item.get("binding_type") and binding.binding_type is None):
        raise invalid(f"Not a workspace binding: {item}")
    return binding


def _changed(
    call: Call, kind: str, name: str, add: list[WorkspaceBinding], remove: list[WorkspaceBinding]
) -> list[WorkspaceBinding]:
    with call.store.transaction() as tx:
        access.require_manager(tx, call.principal, kind, name)
        return bindings.change(tx, kind, name, add, remove)


def _shown(held: list[WorkspaceBinding]) -> dict[str, Any]:
    return {"bindings": [item.as_dict() for item in held]}
