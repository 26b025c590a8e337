"""HTTP of MLflow: artifacts and the registry are ours; every other path goes to the MLflow server's own handlers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.identity.installation import workspace_id
from rehearsal.workspace.mlflow import artifact_files_api, artifact_routes, lifecycle, registry_routes

# Which workspace a run is in: the client reads it from this header when it registers the run's model.
ORGANISATION_HEADER = "x-databricks-org-id"

# databricks-sdk still calls the search by the name that it had in MLflow 1.
_RENAMED = {"experiments/list": "experiments/search"}

router = APIRouter()
router.include_router(registry_routes.router)
router.include_router(artifact_routes.router)
router.include_router(artifact_files_api.router)


async def raw_body(request: Request) -> bytes:
    """The request's body as it came."""
    return await request.body()


@router.api_route("/api/{version}/mlflow/{path:path}", methods=["GET", "POST", "PATCH", "PUT", "DELETE"])
def tracking(
    version: str, path: str, call: CallDep, request: Request, body: Annotated[bytes, Depends(raw_body)]
) -> Response:
    """MLflow's tracking API."""
    status, answer, content_type = lifecycle.tracking().answer(
        call, request.method, f"/api/{version}/mlflow/{_RENAMED.get(path, path)}", request.url.query, body
    )
    headers = {ORGANISATION_HEADER: str(workspace_id(call.workspace))}
    return Response(answer, status, headers, media_type=content_type)
