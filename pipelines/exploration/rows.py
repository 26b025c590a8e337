"""The rows that exploration looks at: labelled, with features, none of those that training holds out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipelines.features.lookups import with_features
from pipelines.sampling import thin
from pipelines.tables import instant
from pipelines.task import Task
from pipelines.training.read import labelled
from pipelines.training.split import TimeSplit

KIND = "exploration"  # tag of the runs, and purpose of the sample


@dataclass(frozen=True)
class Explored:
    """A sample of the rows, how time splits them, and the Delta version of each table that they come from."""

    rows: DataFrame
    split: TimeSplit
    versions: dict[str, int]


def explored(task: Task, spark: SparkSession) -> Explored:
    """About `exploration.max_rows` rows, the same ones each time. Raises PipelineError when the history is too short.

    Who has looked at the rows that a model is judged by has trained on them, in a way.
    """
    model, found = task.model, labelled(task, spark)
    seen = found.rows.where(F.col(model.event_time) < instant(found.split.test_start.replace(tzinfo=UTC)))
    sampled = thin(seen, model.entity_key, model.exploration.max_rows / max(seen.count(), 1), KIND)
    return Explored(with_features(task, sampled, model.label), found.split, found.versions)
