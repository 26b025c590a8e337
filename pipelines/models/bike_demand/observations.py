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
    """The scored rows with what is predicted; a straight line may go below nothing, rentals do not."""
    return scored.withColumn("predicted_bikers", F.greatest(F.col("prediction"), F.lit(0.0)))
