"""HTTP of the workspace tree: directories only; notebooks have no place in this product."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.workspace_objects import directories

router = APIRouter(prefix="/api/2.0/workspace")


class Target(BaseModel):
    """The directory that is meant (databricks-sdk has no dataclass of these requests)."""

    path: str
    recursive: bool = False


@router.post("/mkdirs")
def mkdirs(target: Target, call: CallDep) -> dict[str, Any]:
    """Make a directory with its parents."""
    with call.store.transaction() as tx:
        directories.make(tx, call.principal, call.workspace, target.path)
    return {}


@router.get("/get-status")
def get_status(path: str, call: CallDep) -> dict[str, Any]:
    """What is at a path."""
    with call.store.transaction() as tx:
        return directories.status(tx, call.workspace, path).as_dict()


@router.get("/list")
def list_directory(path: str, call: CallDep) -> dict[str, Any]:
    """What is directly in a directory."""
    with call.store.transaction() as tx:
        return {"objects": [info.as_dict() for info in directories.children(tx, call.workspace, path)]}


@router.post("/delete")
def delete(target: Target, call: CallDep) -> dict[str, Any]:
    """Delete a directory."""
    with call.store.transaction() as tx:
        directories.delete(tx, call.principal, call.workspace, target.path, target.recursive)
    return {}
