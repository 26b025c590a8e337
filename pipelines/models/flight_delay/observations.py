"""What is predicted, and what the caller knows: one row per scheduled flight."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.models.flight_delay.features import LATE_MINUTES

DECISION = 0.5


def observations(label_table: DataFrame) -> DataFrame:
    """Flights with what their schedule says, in New York's time: whole numbers are long, as in a JSON request."""
    local = F.from_utc_timestamp("scheduled_departure", "America/New_York")
    return label_table.withColumns(
        {
            "sched_dep_hour": F.hour(local).cast("bigint"),
            "day_of_week": F.dayofweek(local).cast("bigint"),
            "month": F.month(local).cast("bigint"),
        }
    )


def labelled(observations: DataFrame) -> DataFrame:
    """Flights that arrived, late (1) or not (0); cancelled and diverted ones have no arrival to be late."""
    return observations.where("arr_delay IS NOT NULL").withColumn(
        "late", (F.col("arr_delay") >= LATE_MINUTES).cast("int")
    )


def predictions(scored: DataFrame) -> DataFrame:
    """The scored rows with the columns of the predictions table that come of the score."""
    return scored.withColumns(
        {"probability_late": F.col("probability"), "predicted_late": F.col("probability") >= DECISION}
    )
