"""Directories of a workspace's tree. The roots `/`, `/Shared`, `/Users` and each person's home are always there."""

from __future__ import annotations

from pathlib import PurePosixPath

from databricks.sdk.service.workspace import ObjectInfo, ObjectType

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import denied, invalid, not_found
from rehearsal.workspace.permissions import acl
from rehearsal.workspace.store import Transaction

KIND = "workspace_directory"
TYPE = "directories"
_ROOTS = frozenset({"/", "/Shared", "/Users"})


def exists(tx: Transaction, workspace: str, path: str) -> bool:
    """Is there such a directory?"""
    return _is_root(path) or tx.get(KIND, _key(workspace, path)) is not None


def make(tx: Transaction, principal: Principal, workspace: str, path: str) -> None:
    """Make a directory with its parents. Raises DatabricksError 403 outside of `/Shared` and the caller's home."""
    path = checked(path)
    for folder in (*reversed(PurePosixPath(path).parents), PurePosixPath(path)):
        if exists(tx, workspace, str(folder)):
            continue
        require_writable(tx, principal, workspace, str(folder.parent))
        object_id = tx.next_id("workspace_object")
        tx.put(KIND, _key(workspace, str(folder)), {"path": str(folder), "object_id": object_id})
        acl.set_owner(tx, workspace, TYPE, str(object_id), principal.name)


def status(tx: Transaction, workspace: str, path: str) -> ObjectInfo:
    """What is at the path. Raises DatabricksError 404."""
    path = checked(path)
    body = tx.get(KIND, _key(workspace, path))
    if body is None and not _is_root(path):
        raise not_found(f"Path ({path}) doesn't exist.")
    object_id = int(body["object_id"]) if body else 0
    return ObjectInfo(path=path, object_type=ObjectType.DIRECTORY, object_id=object_id, resource_id=str(object_id))


def children(tx: Transaction, workspace: str, path: str) -> list[ObjectInfo]:
    """Directories directly in one. Raises DatabricksError 404."""
    path = str(status(tx, workspace, path).path)
    stored = [body["path"] for body in tx.list(KIND, _key(workspace, path.rstrip("/") + "/"))]
    found = {*stored, *(root for root in _ROOTS if root != "/")}
    return [status(tx, workspace, name) for name in sorted(found) if str(PurePosixPath(name).parent) == path]


def delete(tx: Transaction, principal: Principal, workspace: str, path: str, recursive: bool) -> None:
    """Delete a directory. Raises DatabricksError: 404, 403, 400 when it is not empty and `recursive` was not asked."""
    path = str(status(tx, workspace, path).path)
    if _is_root(path):
        raise invalid(f"Folder {path} is protected")
    require_writable(tx, principal, workspace, path)
    inside = tx.list(KIND, _key(workspace, f"{path}/"))
    if inside and not recursive:
        raise invalid(f"Folder ({path}) is not empty", "DIRECTORY_NOT_EMPTY")
    for body in (*inside, {"path": path, "object_id": status(tx, workspace, path).object_id}):
        tx.delete(KIND, _key(workspace, body["path"]))
        acl.forget(tx, workspace, TYPE, str(body["object_id"]))


def checked(path: str) -> str:
    """The path without trailing slash or the `/Workspace` that may precede it. Raises DatabricksError 400."""
    pure = PurePosixPath(path)
    if not path.startswith("/") or ".." in pure.parts or path.startswith("//"):
        raise invalid(f"Path ({path}) is not an absolute path.")
    return str(PurePosixPath("/") / pure.relative_to("/Workspace")) if pure.is_relative_to("/Workspace") else str(pure)


def in_full(path: str) -> str:
    """The path with `/Workspace` before it, as some services answer it. Raises DatabricksError 400."""
    return f"/Workspace{checked(path)}".rstrip("/")


def require_writable(tx: Transaction, principal: Principal, workspace: str, path: str) -> None:
    """Refuse unless the principal may change what is in the directory: `/Shared` is everybody's, a home its owner's."""
    for folder in (PurePosixPath(path), *PurePosixPath(path).parents):
        if principal.is_admin or str(folder) in ("/Shared", f"/Users/{principal.name}"):
            return
        body = tx.get(KIND, _key(workspace, str(folder)))
        if body and acl.has_level(tx, principal, workspace, TYPE, str(body["object_id"]), "CAN_EDIT"):
            return
    raise denied(f"{principal.name} does not have Edit permissions on {path}.")


def _is_root(path: str) -> bool:
    return path in _ROOTS or (str(PurePosixPath(path).parent) == "/Users" and "@" in path)


def _key(workspace: str, path: str) -> str:
    return f"{workspace}:{path}"
