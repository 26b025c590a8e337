"""Experiments and their runs: parameters, metrics over steps, tags, and the files that a run has left."""

from __future__ import annotations

import mimetypes
from itertools import islice
from typing import Any
from urllib.parse import quote

from databricks.sdk.service.ml import FileInfo, Run
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from rehearsal.workspace.errors import invalid
from rehearsal.workspace.ui import charts
from rehearsal.workspace.ui.charts import Chart
from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import Viewer, ViewerDep, attempt

_RUNS, _FILES = 100, 300
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/svg+xml", "image/webp")
_LARGEST = 8_000_000
_RUN = "/ui/experiments/{experiment_id}/runs/{run_id}"
router = APIRouter(route_class=PageRoute)


@router.get("/ui/experiments")
def show_all(viewer: ViewerDep) -> HTMLResponse:
    """Experiments that the viewer may read."""
    found = sorted(viewer.client.experiments.list_experiments(), key=lambda experiment: experiment.name or "")
    return viewer.page("experiments.html.j2", title="Experiments", experiments=found)


@router.get("/ui/experiments/{experiment_id}")
def show(viewer: ViewerDep, experiment_id: str) -> HTMLResponse:
    """Its runs, side by side."""
    experiment = viewer.client.experiments.get_experiment(experiment_id).experiment
    runs = list(islice(viewer.client.experiments.search_runs(experiment_ids=[experiment_id]), _RUNS))
    measured = [{metric.key: metric.value for metric in _data(run, "metrics")} for run in runs]
    metrics = sorted({str(name) for values in measured for name in values})
    return viewer.page(
        "experiment.html.j2",
        title=experiment.name if experiment and experiment.name else experiment_id,
        experiment_id=experiment_id,
        metrics=metrics,
        rows=list(zip(runs, measured, strict=True)),
    )


@router.get(_RUN)
def show_run(viewer: ViewerDep, experiment_id: str, run_id: str) -> HTMLResponse:
    """One run."""
    run = viewer.client.experiments.get_run(run_id).run or Run()
    files = attempt(lambda: _files(viewer, run_id))
    return viewer.page(
        "experiment_run.html.j2",
        title=(run.info.run_name if run.info else None) or run_id,
        experiment_id=experiment_id,
        run_id=run_id,
        run=run,
        params=[(item.key, item.value) for item in _data(run, "params")],
        metrics=[(item.key, item.value) for item in _data(run, "metrics")],
        tags=[(item.key, item.value) for item in _data(run, "tags") if not str(item.key).startswith("mlflow.")],
        histories=_histories(viewer, run, run_id),
        files=files,
        pictures=[file.path for file in files.value or [] if mimetypes.guess_type(str(file.path))[0] in _PICTURES],
    )


@router.get(_RUN + "/file")
def show_file(viewer: ViewerDep, experiment_id: str, run_id: str, path: str) -> Response:
    """A file of a run: pictures as they are, anything else as text."""
    where = f"/WorkspaceInternal/Mlflow/Artifacts/{experiment_id}/Runs/{run_id}/artifacts/{quote(path)}"
    contents = viewer.client.files.download(where).contents
    if contents is None:
        raise invalid(f"'{path}' cannot be read.")
    with contents:
        content = contents.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise invalid(f"'{path}' is too large to be shown.")
    kind = mimetypes.guess_type(path)[0]
    return Response(content, media_type=kind if kind in _PICTURES else "text/plain; charset=utf-8")


def _files(viewer: Viewer, run_id: str) -> list[FileInfo]:
    """All files of a run, folders walked."""
    found: list[FileInfo] = []
    folders: list[str | None] = [None]
    while folders and len(found) < _FILES:
        for entry in viewer.client.experiments.list_artifacts(run_id=run_id, path=folders.pop()):
            if entry.is_dir:
                folders.append(entry.path)
            else:
                found.append(entry)
    return sorted(found, key=lambda file: file.path or "")


def _histories(viewer: Viewer, run: Run, run_id: str) -> list[Chart]:
    """Metrics that were logged more than once, over their steps."""
    drawn = []
    for metric in _data(run, "metrics"):
        if not metric.step:
            continue
        history = viewer.client.experiments.get_history(metric.key, run_id=run_id)
        points = [(entry.step, entry.value) for entry in history]
        if len(points) > 1:
            drawn.append(charts.chart(str(metric.key), "line", {str(metric.key): points}))
    return drawn


def _data(run: Run, part: str) -> list[Any]:
    return list(getattr(run.data, part, None) or [])
