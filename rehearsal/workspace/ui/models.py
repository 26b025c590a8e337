"""Registered models: versions with aliases, tags and what validation said, where each came from, what it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from databricks.sdk.service.catalog import ModelVersionInfo
from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from rehearsal.workspace.ui import approvals, catalog
from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import Viewer, ViewerDep, attempt

router = APIRouter(route_class=PageRoute)
# Tags of this kind carry a version's way to production.
_VERDICT = ("validation_status", "validation", "status")


@dataclass(frozen=True)
class Version:
    """A version with aliases, tags, approvals to come, and the experiment of its run where the viewer may see that."""

    info: ModelVersionInfo
    aliases: list[str]
    tags: list[tuple[str, str]]
    verdict: str
    experiment_id: str
    waits_for: list[str]


@router.get("/ui/models")
def show_all(viewer: ViewerDep) -> HTMLResponse:
    """Models that the viewer may know of."""
    found = sorted(viewer.client.registered_models.list(include_browse=True), key=lambda model: model.full_name or "")
    return viewer.page("models.html.j2", title="Models", models=found)


@router.get("/ui/models/{full_name}")
def show(viewer: ViewerDep, full_name: str) -> HTMLResponse:
    """One model."""
    model = viewer.client.registered_models.get(full_name, include_aliases=True, include_browse=True)
    pointed: dict[int, list[str]] = {}
    for alias in model.aliases or []:
        pointed.setdefault(alias.version_num or 0, []).append(alias.alias_name or "")
    versions = sorted(viewer.client.model_versions.list(full_name), key=lambda info: -(info.version or 0))
    return viewer.page(
        "model.html.j2",
        title=full_name,
        kind="model",
        full_name=full_name,
        info=model,
        versions=[_version(viewer, full_name, info, pointed) for info in versions],
        tree=catalog.tree(viewer, full_name),
        shown=full_name,
    )


def _version(viewer: Viewer, full_name: str, info: ModelVersionInfo, pointed: dict[int, list[str]]) -> Version:
    tags = _tags(viewer, full_name, info)
    verdict = next((value for name in _VERDICT for key, value in tags if key == name), "")
    run_id = info.run_id
    run = attempt(lambda: viewer.client.experiments.get_run(run_id).run) if run_id else None
    experiment = run.value.info.experiment_id if run and run.value and run.value.info else None
    return Version(info, pointed.get(info.version or 0, []), tags, verdict, experiment or "", approvals.waiting(tags))


def _tags(viewer: Viewer, full_name: str, info: ModelVersionInfo) -> list[tuple[str, str]]:
    """Tags of a version, which the registry API of MLflow tells."""
    answer = attempt(
        lambda: viewer.api(
            "GET", "/api/2.0/mlflow/unity-catalog/model-versions/get", name=full_name, version=str(info.version)
        )
    )
    tags: list[Any] = ((answer.value or {}).get("model_version") or {}).get("tags") or []
    return [(str(tag["key"]), str(tag.get("value", ""))) for tag in tags]
