"""HTTP of artifacts: lists, signed URLs to read and write single files, and the files behind those URLs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import Call, Platform
from rehearsal.workspace.errors import not_found
from rehearsal.workspace.mlflow import artifact_access, artifact_files, signed_urls
from rehearsal.workspace.mlflow.artifact_access import EDIT, READ
from rehearsal.workspace.mlflow.registry_routes import Fields

router = APIRouter()
# The client sends and fetches a file of this type by one plain PUT or GET, of any size.
_PLAIN = "GCP_SIGNED_URL"


@router.get("/api/2.0/mlflow/artifacts/list")
def list_run_artifacts(call: CallDep, request: Fields) -> dict[str, Any]:
    """A run's files below a folder."""
    run_id = str(request.get("run_id") or request.get("run_uuid") or "")
    return _list(call, artifact_access.of_run(call, run_id, READ), str(request.get("path") or ""))


@router.get("/api/2.0/mlflow/logged-models/{model_id}/artifacts/directories")
def list_model_artifacts(model_id: str, call: CallDep, request: Fields) -> dict[str, Any]:
    """A logged model's files below a folder."""
    folder = artifact_access.of_model(call, model_id, READ)
    return _list(call, folder, str(request.get("artifact_directory_path") or ""))


@router.post("/api/2.0/mlflow/artifacts/credentials-for-read")
def run_read(call: CallDep, request: Fields) -> dict[str, Any]:
    """Signed URLs to read a run's files."""
    return _of_run(call, request, READ, "GET")


@router.post("/api/2.0/mlflow/artifacts/credentials-for-write")
def run_write(call: CallDep, request: Fields) -> dict[str, Any]:
    """Signed URLs to write a run's files."""
    return _of_run(call, request, EDIT, "PUT")


@router.post("/api/2.0/mlflow/logged-models/{model_id}/artifacts/credentials-for-download")
def model_read(model_id: str, call: CallDep, request: Fields) -> dict[str, Any]:
    """Signed URLs to read a logged model's files."""
    return _of_model(call, model_id, request, READ, "GET")


@router.post("/api/2.0/mlflow/logged-models/{model_id}/artifacts/credentials-for-upload")
def model_write(model_id: str, call: CallDep, request: Fields) -> dict[str, Any]:
    """Signed URLs to write a logged model's files."""
    return _of_model(call, model_id, request, EDIT, "PUT")


@router.get("/api/2.0/mlflow/traces/{trace_id}/credentials-for-data-download")
def trace_read(trace_id: str, call: CallDep, request: Fields) -> dict[str, Any]:
    """A signed URL to read a trace's data."""
    return _of_trace(call, trace_id, request, READ, "GET")


@router.get("/api/2.0/mlflow/traces/{trace_id}/credentials-for-data-upload")
def trace_write(trace_id: str, call: CallDep, request: Fields) -> dict[str, Any]:
    """A signed URL to write a trace's data."""
    return _of_trace(call, trace_id, request, EDIT, "PUT")


def _signed(method: str) -> Callable[..., str]:
    def path_of(path: str, request: Request, expires: int, signature: str) -> str:
        platform: Platform = request.app.state.platform
        signed_urls.verify(platform, request.app.state.workspace, method, path, expires, signature)
        return path

    return path_of


@router.get(signed_urls.PREFIX + "{path:path}")
def download(path: Annotated[str, Depends(_signed("GET"))], request: Request) -> FileResponse:
    """The file behind a signed URL; ranges too."""
    file = artifact_files.root(request.app.state.platform, request.app.state.workspace) / path
    if not file.is_file():
        raise not_found("The specified file does not exist.")
    return FileResponse(file, media_type="application/octet-stream")


@router.put(signed_urls.PREFIX + "{path:path}")
async def upload(path: Annotated[str, Depends(_signed("PUT"))], request: Request) -> Response:
    """Write the file behind a signed URL: streamed to disk, and in its place only when it is whole."""
    target = artifact_files.root(request.app.state.platform, request.app.state.workspace) / path
    await artifact_files.receive(target, request.stream())
    return Response(status_code=201)


def _list(call: Call, folder: str, path: str) -> dict[str, Any]:
    files = artifact_files.listing(call.platform, call.workspace, folder, path)
    return {"root_uri": f"dbfs:/databricks/mlflow-tracking/{folder}", "files": files}


def _of_run(call: Call, request: dict[str, Any], level: str, method: str) -> dict[str, Any]:
    run_id = str(request.get("run_id") or "")
    folder = artifact_access.of_run(call, run_id, level)
    paths = request.get("path") or []
    return {"credential_infos": [{"run_id": run_id, **_credential(call, folder, path, method)} for path in paths]}


def _of_model(call: Call, model_id: str, request: dict[str, Any], level: str, method: str) -> dict[str, Any]:
    folder = artifact_access.of_model(call, model_id, level)
    infos = [_credential(call, folder, path, method) for path in request.get("paths") or []]
    return {"credentials": [{"model_id": model_id, "credential_info": info} for info in infos]}


def _of_trace(call: Call, trace_id: str, request: dict[str, Any], level: str, method: str) -> dict[str, Any]:
    folder = artifact_access.of_trace(call, trace_id, level)
    return {"credential_info": _credential(call, folder, str(request.get("path") or "traces.json"), method)}


def _credential(call: Call, folder: str, path: str, method: str) -> dict[str, Any]:
    url = signed_urls.sign(call.platform, call.workspace, method, artifact_files.inside(folder, path))
    return {"path": path, "signed_uri": url, "type": _PLAIN, "headers": []}
