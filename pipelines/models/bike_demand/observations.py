"""What is predicted, and what the caller knows: one row per hour."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def observations(label_table: DataFrame) -> DataFrame:
    """The hours as they are: what a caller knows of them are columns of the table."""
    return label_table


def labelled(observations: DataFrame) -> DataFrame:
    """Hours that are over, with the bicycles rented in them."""
    return observations.where("bikers IS NOT NULL").withColumn("bikers", F.col("bikers").cast("double"))


def predictions(scored: DataFrame) -> DataFrame:
    """Columns of the predictions table that come of the score; a straight line may go below nothing, rentals do not."""
    return scored.select("hour_id", "hour_start", F.greatest(F.col("prediction"), F.lit(0.0)).alias("predicted_bikers"))
