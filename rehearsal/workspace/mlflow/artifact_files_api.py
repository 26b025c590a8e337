"""The Files API over run and logged-model artifacts, below `/WorkspaceInternal/Mlflow/Artifacts`.

The client's first choice for artifacts. What is not here (multi-part uploads, which it begins at 50 MB) makes it turn
to signed URLs, where files of any size go in one request.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import already_exists, not_found
from rehearsal.workspace.mlflow import artifact_access, artifact_files

_FILES = f"/api/2.0/fs/files{artifact_access.FILES_API_ROOT}{{path:path}}"
_DIRECTORIES = f"/api/2.0/fs/directories{artifact_access.FILES_API_ROOT}{{path:path}}"

router = APIRouter()


@router.api_route(_FILES, methods=["GET", "HEAD"])
def download(path: str, call: CallDep) -> FileResponse:
    """A file's bytes, ranges too."""
    file = _local(call, path, write=False)
    if not file.is_file() or artifact_files.is_unfinished(file):
        raise _missing(path)
    return FileResponse(file, media_type="application/octet-stream")


@router.put(_FILES)
async def upload(path: str, call: CallDep, request: Request, overwrite: bool = False) -> Response:
    """Write a file: streamed to disk, in its place only when it is whole."""
    file = await run_in_threadpool(_local, call, path, write=True)
    if file.exists() and not overwrite:
        raise already_exists(f"The file being created already exists: {_shown(path)}", "ALREADY_EXISTS")
    await artifact_files.receive(file, request.stream())
    return Response(status_code=204)


@router.head(_DIRECTORIES)
def directory_exists(path: str, call: CallDep) -> Response:
    """Answers 404 for what is no directory. The folder of a run or model is there from its beginning."""
    _directory(call, path)
    return Response(status_code=200)


@router.get(_DIRECTORIES)
def list_directory(path: str, call: CallDep) -> dict[str, Any]:
    """What is directly in a directory."""
    directory = _directory(call, path)
    if not directory.is_dir():
        return {"contents": []}
    entries = [entry for entry in sorted(directory.iterdir()) if not artifact_files.is_unfinished(entry)]
    return {"contents": [_entry(path, entry) for entry in entries]}


def _entry(path: str, entry: Path) -> dict[str, Any]:
    info: dict[str, Any] = {
        "path": f"{_shown(path).rstrip('/')}/{entry.name}",
        "name": entry.name,
        "is_directory": entry.is_dir(),
        "last_modified": int(entry.stat().st_mtime * 1000),
    }
    return info if entry.is_dir() else {**info, "file_size": entry.stat().st_size}


def _directory(call: Call, path: str) -> Path:
    directory = _local(call, path, write=False)
    if not directory.is_dir() and directory.name != artifact_files.ARTIFACTS:
        raise _missing(path)
    return directory


def _local(call: Call, path: str, write: bool) -> Path:
    return artifact_access.resolve_files_api(call, _shown(path), write)


def _shown(path: str) -> str:
    return artifact_access.FILES_API_ROOT + path


def _missing(path: str) -> Exception:
    return not_found(f"The path '{_shown(path)}' does not exist.", "NOT_FOUND")
