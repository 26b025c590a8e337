"""The addresses that Databricks' own pages have, as mails, runs and MLflow's messages tell them: each leads to ours."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

# Databricks' path → ours; the names in braces are carried over.
LED = {
    "/": "/ui/",
    "/ui": "/ui/",
    "/explore/data": "/ui/catalog",
    "/explore/data/{catalog}": "/ui/catalog/{catalog}",
    "/explore/data/{catalog}/{schema}": "/ui/catalog/{catalog}.{schema}",
    "/explore/data/models/{catalog}/{schema}/{name}": "/ui/models/{catalog}.{schema}.{name}",
    "/explore/data/models/{catalog}/{schema}/{name}/version/{version}": "/ui/models/{catalog}.{schema}.{name}",
    "/explore/data/{catalog}/{schema}/{name}": "/ui/catalog/table/{catalog}.{schema}.{name}",
    "/jobs": "/ui/jobs",
    "/jobs/{job_id}": "/ui/jobs/{job_id}",
    "/jobs/{job_id}/runs/{run_id}": "/ui/jobs/{job_id}/runs/{run_id}",
    "/ml/experiments": "/ui/experiments",
    "/ml/experiments/{experiment_id}": "/ui/experiments/{experiment_id}",
    "/ml/experiments/{experiment_id}/runs/{run_id}": "/ui/experiments/{experiment_id}/runs/{run_id}",
    "/ml/endpoints": "/ui/endpoints",
    "/ml/endpoints/{name}": "/ui/endpoints/{name}",
    "/sql/alerts-v2/{alert_id}": "/ui/alerts/{alert_id}",
    "/sql/alerts/{alert_id}": "/ui/alerts/{alert_id}",
    "/dashboardsv3/{dashboard_id}": "/ui/dashboards/{dashboard_id}",
    "/dashboardsv3/{dashboard_id}/published": "/ui/dashboards/{dashboard_id}",
    "/sql/dashboardsv3/{dashboard_id}": "/ui/dashboards/{dashboard_id}",
}
router = APIRouter()


def _lead(ours: str) -> object:
    def lead(request: Request) -> RedirectResponse:
        return RedirectResponse(ours.format(**request.path_params), 303)

    return lead


for theirs, ours in LED.items():
    router.add_api_route(theirs, _lead(ours), methods=["GET"])  # type: ignore[arg-type]
