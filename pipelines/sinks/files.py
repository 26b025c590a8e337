"""Predictions as files, a folder a day: the newest days are written anew, the others stay."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from environments import names
from environments.settings import Model
from environments.sinks import DAY, FilesSink
from pipelines.errors import PipelineError
from pipelines.sinks.newest import newest_predictions
from pipelines.tables import session
from pipelines.task import Task, log, run_stage

# Moments to the microsecond, as Parquet has them anyway.
_AS_TEXT = {"header": "true", "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"}


def write_files(task: Task) -> None:
    """Replace the folders of the newest days. A repetition leaves the same rows in the same folders."""
    sink = task.model.batch.sinks.files
    if sink is None:
        raise PipelineError(f"model {task.model.name}, batch.sinks.files", "nothing", "settings of the files")
    folder = names.prediction_files(task.environment, task.model, sink)
    write_days(newest_predictions(task, session()), task.model, sink, folder)
    log.info("%s: the last %d days written as %s", folder, task.model.batch.window_days, sink.format)


def write_days(predictions: DataFrame, model: Model, sink: FilesSink, folder: str) -> None:
    """Replace the folders of the days that there are predictions of, each by one file in the order of their key.

    Spark writes aside first, so that a death before the end leaves the folders as they were, and one between two of
    them is mended by the repetition.
    """
    contract = model.predictions
    of_days = predictions.withColumn(DAY, F.to_date(str(contract.time_key))).repartition(DAY)
    writer = of_days.sortWithinPartitions(DAY, *contract.primary_key).write.mode("overwrite").partitionBy(DAY)
    writer.option("partitionOverwriteMode", "dynamic").options(**_AS_TEXT).format(sink.format).save(folder)


def main() -> None:
    """Entry point of the wheel."""
    run_stage("predictions_to_files", write_files)
