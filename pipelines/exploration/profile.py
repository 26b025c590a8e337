"""Profile: a report of each column and of how columns go together, as one HTML file of an MLflow run."""

from __future__ import annotations

import mlflow
import pandas as pd
from skrub import TableReport

from environments import names
from pipelines.exploration.rows import KIND, explored
from pipelines.features.lookups import feature_columns
from pipelines.tables import session, to_pandas
from pipelines.task import Task, log, run_stage
from pipelines.training.record import log_inputs

REPORT = "profile.html"


def profile(task: Task) -> None:
    """Read the rows, describe them, log the report with its inputs."""
    model, found = task.model, explored(task, session())
    frame = to_pandas(found.rows)[[model.event_time, *feature_columns(model), model.label]]
    mlflow.set_experiment(names.experiment(task.environment, model))
    tags = {"code_version": task.code_version, "kind": KIND}
    with mlflow.start_run(run_name=f"profile {model.name}", tags=tags) as run:
        log_inputs(found.versions, context=KIND)
        mlflow.log_metrics({"rows": len(frame), "label_mean": float(frame[model.label].mean())})
        mlflow.log_text(report(frame, f"{model.name}: features and label in {task.environment.name}"), REPORT)
    log.info("%d rows described in %s of run %s", len(frame), REPORT, run.info.run_id)


def report(frame: pd.DataFrame, title: str) -> str:
    """The page: it needs no other file and no network."""
    described = TableReport(frame, title=title, verbose=0, plot_distributions=True, compute_associations=True)
    return str(described.html())


def main() -> None:
    """Entry point of the wheel."""
    run_stage("profiling", profile)
