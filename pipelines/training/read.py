"""The rows that training learns from, in memory: at recorded Delta versions, with features as of their event time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from environments import names
from pipelines.features.lookups import lookups_of
from pipelines.tables import delta_versions, read_version, to_pandas
from pipelines.task import Task
from pipelines.training.split import TimeSplit, sample, time_split

if TYPE_CHECKING:
    from databricks.feature_engineering import TrainingSet


@dataclass(frozen=True)
class Data:
    """The rows, how they are split by time, and where they come from."""

    training_set: TrainingSet
    """Knows the look-ups, to be logged with the model."""
    sent: list[str]
    """Columns that a caller sends: keys, event time, request features."""
    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame
    split: TimeSplit
    versions: dict[str, int]
    """Delta version of each input table."""

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each part."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {f"{name}_rows": len(part) for name, part in parts.items()}


@dataclass(frozen=True)
class Labelled:
    """Rows with a known label, not in memory yet; how their times are split, and where they come from."""

    rows: DataFrame
    count: int
    split: TimeSplit
    versions: dict[str, int]
    """Delta version of each input table, feature tables included."""


def labelled(task: Task, spark: SparkSession) -> Labelled:
    """The label table's rows of now. Raises PipelineError when the history is too short."""
    model = task.model
    label_table = names.source_table(task.environment, model, model.label_table)
    tables = names.training_tables(task.environment, model)
    versions = delta_versions(spark, tables)
    labels = read_version(spark, label_table, versions[label_table])
    rows = task.code.labelled(task.code.observations(labels))
    time = F.col(model.event_time)
    span = rows.agg(F.count("*").alias("rows"), F.min(time).alias("oldest"), F.max(time).alias("newest")).toPandas()
    count = int(span["rows"].iloc[0])
    oldest, newest = (span[name].iloc[0].to_pydatetime() if count else None for name in ("oldest", "newest"))
    return Labelled(rows, count, time_split(oldest, newest, model.training, label_table), versions)


def read(task: Task, spark: SparkSession) -> Data:
    """Read the sample into memory. Raises PipelineError when the history is too short."""
    model, found = task.model, labelled(task, spark)
    lookups = lookups_of(task)
    training_set = lookups.training_set(sample(found.rows, model, found.count), model.label)
    frame, split = to_pandas(training_set.load_df()), found.split
    times = frame[model.event_time]
    return Data(
        training_set=training_set,
        sent=lookups.sent,
        train=frame[times < split.validation_start],
        validation=frame[(times >= split.validation_start) & (times < split.test_start)],
        test=frame[times >= split.test_start],
        split=split,
        versions=found.versions,
    )
