"""What MLflow says of itself on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="MLflow",
    summary="MLflow's own server code behind the workspace's permissions, and the registry of Unity Catalog.",
    works=(
        "`MLFLOW_TRACKING_URI=databricks`: experiments by workspace path, runs, metrics, parameters, tags, "
        "datasets, artifacts, logged models",
        "traces with their spans, tags, assessments and search",
        "experiments have CAN_READ, CAN_EDIT and CAN_MANAGE; what is not classified by them is not served",
        "`MLFLOW_REGISTRY_URI=databricks-uc`: registered models, versions, aliases, tags, lineage to runs, "
        "under Unity Catalog's privileges",
        "artifacts travel through URLs that are signed for one file and a short time",
    ),
    differs=(
        "one SQLite database a workspace instead of Databricks' own store",
        "artifacts go through the workspace instead of the storage account",
    ),
    refused=(
        "the workspace model registry (`MLFLOW_REGISTRY_URI=databricks`)",
        "prompts, scorers, evaluation datasets, labelling sessions and the AI gateway of MLflow",
    ),
)
