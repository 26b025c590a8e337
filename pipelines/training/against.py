"""The new model beside another environment's Champion, on the same held-out rows, where that one may be read."""

from __future__ import annotations

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from environments import names
from environments.settings import load_environment
from pipelines.evaluation.metrics import Metrics
from pipelines.evaluation.versions import LoadedVersion, load
from pipelines.registry import ABSENT, CHAMPION, uri_of, version_with_alias
from pipelines.task import Task, log

NOT_PERMITTED = ("PERMISSION_DENIED",)


def measure_champion_of(task: Task, other: str, rows: pd.DataFrame, metrics: Metrics) -> None:
    """Log that Champion's metrics to the active run, or in a tag why there are none."""
    tag = f"{other}_champion"
    champion, outcome = _champion(names.registered_model(load_environment(other), task.model))
    if champion is not None:
        quality = metrics.all(rows[task.model.label].to_numpy(), champion.scores(rows))
        mlflow.log_metrics({f"{tag}_{metric}": value for metric, value in quality.items()})
        log.info("%s on the same rows: %s", outcome, ", ".join(f"{k} {v:.4f}" for k, v in quality.items()))
    mlflow.set_tag(tag, outcome)
    log.info("Champion of %s: %s", other, outcome)


def _champion(name: str) -> tuple[LoadedVersion | None, str]:
    """The model's Champion with its URI, or why there is none to measure."""
    try:
        champion = version_with_alias(MlflowClient(), name, CHAMPION)
        if champion is not None:
            return load(champion), uri_of(champion)
    except MlflowException as error:
        if error.error_code in NOT_PERMITTED:
            return None, "may not be read from here"
        if error.error_code not in ABSENT:
            raise
    return None, "none yet"
