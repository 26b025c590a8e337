"""The feature tables of bike_demand. Each row says from when on it was known, so that no look-up sees the future."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

SHORT_DAYS, LONG_DAYS = 7, 28
HOUR = ("hour_of_day", "workingday")
Reader = Callable[[str], DataFrame]


def hour_weather(read: Reader) -> DataFrame:
    """Observations, known an hour after they were taken."""
    return read("weather").select(
        "city",
        (F.col("observed_at") + F.expr("INTERVAL 1 HOUR")).alias("available_at"),
        *("weathersit", "temp", "atemp", "hum", "windspeed"),
    )


def recent_demand(read: Reader) -> DataFrame:
    """Mean rentals of an hour of the day in the seven and twenty-eight full days before, known at the day's start.

    Working days count for working days, others for others. The day after the last that an hour counts for gets a row
    too: an hour in which nobody rents any more falls to nothing, not to a stale value. No row is of a later day than
    that after the newest ride: online, the latest row is what is looked up.
    """
    rides = read("rides").where("bikers IS NOT NULL").select(*HOUR, "bikers", F.to_date("hour_start").alias("day"))
    newest = rides.agg(F.max("day").alias("newest"))
    offsets = F.explode(F.sequence(F.lit(1), F.lit(LONG_DAYS + 1))).alias("offset")
    later = F.date_add("day", F.col("offset"))
    counted = rides.crossJoin(newest).select("*", offsets).where(later <= F.date_add("newest", 1))
    return counted.groupBy(*HOUR, later.cast("timestamp").alias("available_at")).agg(
        _mean_within(SHORT_DAYS).alias("demand_7_days"), _mean_within(LONG_DAYS).alias("demand_28_days")
    )


def _mean_within(days: int) -> Column:
    return F.avg(F.when(F.col("offset") <= days, F.col("bikers")))


FEATURES: dict[str, Callable[[Reader], DataFrame]] = {"hour_weather": hour_weather, "recent_demand": recent_demand}
