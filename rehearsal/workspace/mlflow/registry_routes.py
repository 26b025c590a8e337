"""HTTP of MLflow's `databricks-uc` registry: `/api/2.0/mlflow/unity-catalog/...`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.mlflow import model_versions, registered_models

router = APIRouter(prefix="/api/2.0/mlflow/unity-catalog")


async def fields(request: Request) -> dict[str, Any]:
    """A request's fields: of the body (DELETE has one too), or of the query of a GET."""
    if request.method == "GET":
        return dict(request.query_params)
    body = await request.json() if await request.body() else {}
    if not isinstance(body, dict):
        raise invalid("The request body must be a JSON object.", "MALFORMED_REQUEST")
    return body


Fields = Annotated[dict[str, Any], Depends(fields)]


@router.post("/model-versions/create")
def create_model_version(
    call: CallDep, request: Fields, x_databricks_lineage_identifier: Annotated[str | None, Header()] = None
) -> dict[str, Any]:
    """Begin a version."""
    return model_versions.create(call, request, x_databricks_lineage_identifier)


@router.get("/registered-models:is-databricks-sdk-models-artifact-repository-enabled")
def sdk_artifact_repository(call: CallDep) -> dict[str, bool]:
    """Yes: the client moves model files by the Files API, under /Models, and needs no cloud storage."""
    return {"is_databricks_sdk_models_artifact_repository_enabled": True}


def _serve(method: str, path: str, behaviour: Any) -> None:
    def endpoint(call: CallDep, request: Fields) -> dict[str, Any]:
        answer: dict[str, Any] = behaviour(call, request)
        return answer

    router.add_api_route(path, endpoint, methods=[method], name=f"{method} {path}")


for _method, _path, _behaviour in (
    ("POST", "/registered-models/create", registered_models.create),
    ("GET", "/registered-models/get", registered_models.get),
    ("GET", "/registered-models/search", registered_models.search),
    ("PATCH", "/registered-models/update", registered_models.update),
    ("DELETE", "/registered-models/delete", registered_models.delete),
    ("POST", "/registered-models/set-tag", registered_models.set_tag),
    ("DELETE", "/registered-models/delete-tag", registered_models.delete_tag),
    ("POST", "/registered-models/alias", registered_models.set_alias),
    ("DELETE", "/registered-models/alias", registered_models.delete_alias),
    ("GET", "/registered-models/alias", registered_models.get_by_alias),
    ("POST", "/model-versions/finalize", model_versions.finalize),
    ("GET", "/model-versions/get", model_versions.get),
    ("GET", "/model-versions/search", model_versions.search),
    ("PATCH", "/model-versions/update", model_versions.update),
    ("DELETE", "/model-versions/delete", model_versions.delete),
    ("POST", "/model-versions/set-tag", model_versions.set_tag),
    ("DELETE", "/model-versions/delete-tag", model_versions.delete_tag),
    ("GET", "/model-versions/get-download-uri", model_versions.download_uri),
    ("POST", "/model-versions/generate-temporary-credentials", model_versions.temporary_credentials),
    ("POST", "/model-versions/emit-lineage", model_versions.emit_lineage),
):
    _serve(_method, _path, _behaviour)
