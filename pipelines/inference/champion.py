"""The Champion at work: its files, fetched once, and what it says of rows with keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from environments import names
from environments.metrics import SCORE
from environments.model import MODEL_VERSION, SCORED_AT
from environments.settings import Model
from pipelines.errors import PipelineError
from pipelines.evaluation.versions import config_of, files_of
from pipelines.features.lookups import Lookups
from pipelines.inference.scoring import score
from pipelines.registry import CHAMPION, uri_of, version_with_alias
from pipelines.tables import Merged, merge
from pipelines.task import Task, log


@dataclass(frozen=True)
class Champion:
    """A version that scores."""

    version: ModelVersion
    files: Path
    config: Mapping[str, Any]

    @classmethod
    def fetch(cls, version: ModelVersion, folder: Path) -> Champion:
        """Download it into `folder`, which must last as long as it predicts."""
        log.info("%s is %s", uri_of(version), CHAMPION)
        files = files_of(version, folder)
        return cls(version, files, config_of(files))

    def predictions(self, task: Task, observations: DataFrame) -> DataFrame:
        """Rows of a prediction table, one of each observation, with the features that the version was trained on.

        The look-ups are the version's own: settings may have changed since it was trained.
        """
        rows = Lookups.from_config(self.config["lookups"]).training_set(observations, label=None).load_df()
        scored = score(rows, self.files, self.config["features"], SCORE[task.model.problem])
        made = {MODEL_VERSION: F.lit(str(self.version.version)), SCORED_AT: F.current_timestamp()}
        return task.code.predictions(scored).withColumns(made).select(*task.model.predictions.columns)


def champion_of_now(task: Task) -> ModelVersion:
    """The version that is Champion at this moment. Raises PipelineError when none is."""
    name = names.registered_model(task.environment, task.model)
    version = version_with_alias(MlflowClient(), name, CHAMPION)
    if version is None:
        raise PipelineError(f"model {name}, alias {CHAMPION}", "no version", "one: run the training job first")
    return version


def write(spark: SparkSession, table: str, predictions: DataFrame, model: Model) -> Merged:
    """Each prediction once, by its key; one that says the same as the one that is there leaves it as it is."""
    said = [column for column in model.predictions.columns if column != SCORED_AT]
    return merge(spark, table, predictions, model.predictions.primary_key, compare=said)
