"""The new model beside another environment's Champion, on rows that neither was trained on, where it may be read."""

from __future__ import annotations

from collections.abc import Callable

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from environments import names
from environments.settings import load_environment
from pipelines.evaluation.metrics import Metrics
from pipelines.evaluation.versions import LoadedVersion, load
from pipelines.features.lookups import lookups_of
from pipelines.registry import ABSENT, CHAMPION, uri_of, version_with_alias
from pipelines.task import Task, log

NOT_PERMITTED = ("PERMISSION_DENIED",)


def measure_champion_of(
    task: Task, other: str, scores: Callable[[pd.DataFrame], np.ndarray], rows: pd.DataFrame, metrics: Metrics
) -> None:
    """Log metrics of that Champion and, beside them, of the new model to the active run, or in a tag why not.

    `rows` are held out here. The Champion may have been trained on some of them: these are left out.
    """
    tag = f"{other}_champion"
    champion, outcome = _champion(names.registered_model(load_environment(other), task.model))
    if champion is not None:
        start = champion.trained_before
        unseen = rows[rows[task.model.event_time] >= start] if start else rows[:0]
        labels = unseen[task.model.label].to_numpy()
        if why_not := _why_not(task, champion, metrics.judges(labels)):
            outcome = f"{outcome}: not measured, {why_not}"
        else:
            for name, said in {tag: champion.scores(unseen), f"beside_{tag}": scores(unseen)}.items():
                quality = metrics.all(labels, said)
                mlflow.log_metrics({f"{name}_{metric}": value for metric, value in quality.items()})
                told = ", ".join(f"{metric} {value:.4f}" for metric, value in quality.items())
                log.info("%s on %d of %d held-out rows: %s", name, len(unseen), len(rows), told)
    mlflow.set_tag(tag, outcome)
    log.info("Champion of %s: %s", other, outcome)


def _why_not(task: Task, champion: LoadedVersion, judged: bool) -> str | None:
    """Why it cannot be measured here, if so."""
    if champion.trained_before is None:
        return "it does not say which rows it was trained on"
    if champion.lookups is not None and not lookups_of(task).bring(champion.lookups):
        return "its features are not those of here"
    return None if judged else f"of the rows held out here too few are of {champion.trained_before} or later"


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
