"""What sinks are given: the predictions of the newest days, each day whole."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from environments import names
from environments.settings import Model
from pipelines.task import Task


def newest_predictions(task: Task, spark: SparkSession) -> DataFrame:
    """The predictions table's rows of the days (UTC) that the last run of batch inference scored.

    They are read from the table, not handed over: a sink that is written again is given what was scored then.
    """
    return of_newest_days(spark.table(names.prediction_table(task.environment, task.model)), task.model)


def of_newest_days(predictions: DataFrame, model: Model) -> DataFrame:
    """The rows of the days from `batch.window_days` before the newest event on.

    The first of these days is whole, too, although batch inference scored a part of it: a folder has room for one
    truth.
    """
    time = F.col(str(model.predictions.time_key))
    newest = predictions.agg(F.max(time).alias("_newest"))
    first = F.to_date(F.col("_newest") - F.make_dt_interval(days=F.lit(model.batch.window_days)))
    return predictions.crossJoin(newest).where(F.to_date(time) >= first).drop("_newest")
