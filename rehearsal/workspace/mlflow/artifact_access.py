"""The artifact folder of a run, logged model or trace, for a caller who may read or write it.

Files are reached in two ways: by signed URLs, and by the Files API under `/WorkspaceInternal/Mlflow/Artifacts`, which
the client tries first.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import not_found
from rehearsal.workspace.mlflow import artifact_files, lifecycle

if TYPE_CHECKING:
    from rehearsal.workspace.mlflow.tracking_store import WorkspaceTrackingStore

READ, EDIT = "CAN_READ", "CAN_EDIT"
FILES_API_ROOT = "/WorkspaceInternal/Mlflow/Artifacts/"
_FILES_API_PATH = re.compile(
    re.escape(FILES_API_ROOT)
    + r"(?P<experiment>[^/]+)/(?P<kind>Runs|LoggedModels)/(?P<id>[^/]+)/artifacts(?P<path>/.*)?"
)


def of_run(call: Call, run_id: str, level: str) -> str:
    """A run's artifact folder, relative to the workspace's root. Raises DatabricksError 403 or 404."""
    experiment_id = _experiment(call, "run", run_id, level)
    return artifact_files.run_folder(experiment_id, run_id)


def of_trace(call: Call, trace_id: str, level: str) -> str:
    """A trace's artifact folder."""
    experiment_id = _experiment(call, "trace", trace_id, level)
    return artifact_files.run_folder(experiment_id, trace_id)


def of_model(call: Call, model_id: str, level: str) -> str:
    """A logged model's artifact folder."""
    experiment_id = _experiment(call, "model", model_id, level)
    return artifact_files.model_folder(experiment_id, model_id)


def resolve_files_api(call: Call, path: str, write: bool) -> Path:
    """The local path of a Files API path below `FILES_API_ROOT`. Raises DatabricksError."""
    match = _FILES_API_PATH.fullmatch(path)
    if match is None:
        raise not_found(f"The path '{path}' does not exist.", "NOT_FOUND")
    find = of_run if match["kind"] == "Runs" else of_model
    folder = find(call, match["id"], EDIT if write else READ)
    if not folder.startswith(f"{match['experiment']}/"):
        raise not_found(f"The path '{path}' does not exist.", "NOT_FOUND")
    return artifact_files.root(call.platform, call.workspace) / artifact_files.inside(folder, (match["path"] or "")[1:])


def _experiment(call: Call, kind: str, resource_id: str, level: str) -> str:
    from mlflow.exceptions import MlflowException

    from rehearsal.workspace.mlflow import experiment_access

    store: WorkspaceTrackingStore = lifecycle.tracking().store(call.workspace)
    look_up = {"run": store.experiment_of_run, "trace": store.experiment_of_trace, "model": store.experiment_of_model}
    try:
        experiment_id = look_up[kind](resource_id)
    except MlflowException as error:
        raise not_found(error.message) from error
    experiment_access.require(call, experiment_id, level)
    return experiment_id
