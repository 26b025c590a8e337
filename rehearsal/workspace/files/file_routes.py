"""HTTP of files: download, upload, metadata, delete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, JSONResponse

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import DatabricksError, already_exists, invalid, not_found
from rehearsal.workspace.files import paths, uploads

router = APIRouter()
VOLUMES = "/api/2.0/fs/files/Volumes/{below:path}"
MODELS = "/api/2.0/fs/files/Models/{below:path}"
_PREFIX = "/api/2.0/fs/files"


@router.api_route(VOLUMES, methods=["GET", "HEAD"])
@router.api_route(MODELS, methods=["GET", "HEAD"])
def download(request: Request, call: CallDep) -> FileResponse:
    """A file's bytes (ranges too), or with HEAD its size and time of change."""
    path = _path(request)
    file = _local(call, path, write=False)
    if not file.is_file():
        raise missing(path)
    return FileResponse(file, media_type="application/octet-stream")


@router.put(VOLUMES)
@router.put(MODELS)
async def upload(request: Request, call: CallDep, overwrite: bool = False) -> Response:
    """Write a file from the request's body; it appears whole or not at all."""
    path = _path(request)
    target = await run_in_threadpool(_writable, call, path)
    await uploads.receive(call.platform, target, path, request.stream(), overwrite)
    return Response(status_code=204)


@router.post(VOLUMES)
@router.post(MODELS)
def begin_upload(request: Request, call: CallDep, action: str, overwrite: bool = False) -> dict[str, Any]:
    """Begin an upload in parts, as databricks-sdk does from 50 MB on.

    Its next call asks for signed URLs of the cloud's storage and is told that this workspace has none; then it sends
    the file in one request, as behind firewalls that bar the storage account.
    """
    path = _path(request)
    if action != "initiate-upload":
        raise invalid(f"Action {action!r} is not supported.")
    target = _writable(call, path)
    if target.exists() and not overwrite:
        raise already_exists(f"The file being created already exists: {path}", "ALREADY_EXISTS")
    return {"multipart_upload": {"session_token": call.request_id}}


@router.post("/api/2.0/fs/create-upload-part-urls")
@router.post("/api/2.0/fs/create-resumable-upload-url")
@router.post("/api/2.0/fs/create-abort-upload-url")
@router.post("/api/2.0/fs/create-download-url")
def no_signed_urls(call: CallDep) -> JSONResponse:
    """Refused with the reason that makes clients turn to plain requests."""
    return JSONResponse(
        {
            "error_code": "PERMISSION_DENIED",
            "message": "Presigned URLs API is not enabled.",
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "FILES_API_API_IS_NOT_ENABLED",
                    "domain": "filesystem.databricks.com",
                },
                {"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": call.request_id},
            ],
        },
        403,
    )


@router.delete(VOLUMES, status_code=204)
@router.delete(MODELS, status_code=204)
def delete(request: Request, call: CallDep) -> None:
    """Delete a file."""
    path = _path(request)
    file = _local(call, path, write=True)
    if not file.is_file():
        raise missing(path)
    file.unlink()
    uploads.sync_folder(file.parent)


def missing(path: str) -> DatabricksError:
    """The error for a file or directory that is not there."""
    return not_found(f"The file or directory being accessed is not found: {path}", "NOT_FOUND")


def _writable(call: Call, path: str) -> Path:
    if paths.is_root(path) or path.endswith("/"):
        raise invalid(f"Invalid path: {path} names no file.")
    return _local(call, path, write=True)


def _local(call: Call, path: str, write: bool) -> Path:
    with call.store.transaction() as tx:
        return paths.local(tx, call.principal, path, write)


def _path(request: Request) -> str:
    return str(request.scope["path"]).removeprefix(_PREFIX)
