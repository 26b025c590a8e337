"""HTTP of directories: list, create, existence, delete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from databricks.sdk.service.files import DirectoryEntry, ListDirectoryResponse
from fastapi import APIRouter, Request, Response

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import already_exists, invalid
from rehearsal.workspace.files import paths
from rehearsal.workspace.files.file_routes import missing

router = APIRouter()
VOLUMES = "/api/2.0/fs/directories/Volumes/{below:path}"
MODELS = "/api/2.0/fs/directories/Models/{below:path}"
_PREFIX = "/api/2.0/fs/directories"
_PAGE = 1000


@router.get(VOLUMES)
@router.get(MODELS)
def list_directory(
    request: Request, call: CallDep, page_size: int = _PAGE, page_token: str | None = None
) -> dict[str, Any]:
    """A page of what is directly in a directory, ordered by name; the token is the last name of the page before."""
    path = _path(request)
    names = sorted(entry.name for entry in _existing(call, path).iterdir())
    after = [name for name in names if page_token is None or name > page_token]
    size = page_size if 0 < page_size <= _PAGE else _PAGE
    page = after[:size]
    folder = _local(call, path, write=False)
    contents = [_entry(path, folder / name) for name in page if (folder / name).exists()]
    token = page[-1] if len(after) > size else None
    return ListDirectoryResponse(contents=contents, next_page_token=token).as_dict()


@router.head(VOLUMES)
@router.head(MODELS)
def directory_exists(request: Request, call: CallDep) -> Response:
    """Answers 404 for what is no directory."""
    _existing(call, _path(request))
    return Response(status_code=200)


@router.put(VOLUMES, status_code=204)
@router.put(MODELS, status_code=204)
def create_directory(request: Request, call: CallDep) -> None:
    """Make a directory with its parents; it is no error when it is there."""
    path = _path(request)
    try:
        _local(call, path, write=True).mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise already_exists(f"The path or a parent of it is a file: {path}", "ALREADY_EXISTS") from error


@router.delete(VOLUMES, status_code=204)
@router.delete(MODELS, status_code=204)
def delete_directory(request: Request, call: CallDep) -> None:
    """Delete an empty directory."""
    path = _path(request)
    folder = _local(call, path, write=True)
    if paths.is_root(path):
        raise invalid(f"The root of a volume cannot be deleted: {path}")
    if not folder.is_dir():
        raise missing(path)
    if any(folder.iterdir()):
        raise invalid(f"The directory is not empty: {path}", "DIRECTORY_NOT_EMPTY")
    folder.rmdir()


def _entry(path: str, entry: Path) -> DirectoryEntry:
    stat = entry.stat()
    return DirectoryEntry(
        path=f"{path.rstrip('/')}/{entry.name}",
        name=entry.name,
        is_directory=entry.is_dir(),
        file_size=None if entry.is_dir() else stat.st_size,
        last_modified=int(stat.st_mtime * 1000),
    )


def _existing(call: Call, path: str) -> Path:
    folder = _local(call, path, write=False)
    if not folder.is_dir():
        raise missing(path)
    return folder


def _local(call: Call, path: str, write: bool) -> Path:
    with call.store.transaction() as tx:
        return paths.local(tx, call.principal, path, write)


def _path(request: Request) -> str:
    return str(request.scope["path"]).removeprefix(_PREFIX)
