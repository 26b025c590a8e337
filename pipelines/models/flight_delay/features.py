"""The feature tables of flight_delay. Each row says from when on it was known, so that no look-up sees the future."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

LATE_MINUTES = 15
HISTORY_DAYS = 14
TAXI_MINUTES = 60  # generous: the source has the time in the air, but neither taxi-out nor taxi-in
ROUTE = ("carrier", "origin", "dest")
Reader = Callable[[str], DataFrame]


def weather_features(read: Reader) -> DataFrame:
    """Observations, known an hour after they were taken."""
    return read("weather").select(
        "origin",
        (F.col("observed_at") + F.expr("INTERVAL 1 HOUR")).alias("available_at"),
        *("temp", "wind_speed", "precip", "visib", "pressure", "humid"),
    )


def route_features(read: Reader) -> DataFrame:
    """How the flights that landed in the fourteen full days before went, known at the day's start.

    A flight counts on the day it landed, not the day it left: one that leaves before midnight lands after it. The day
    after the last that a flight counts for gets a row too: a route no longer flown falls to zero, not to a stale value.
    No row is of a later day than that after the newest landing: online, the latest row is what is looked up.
    """
    minutes = F.col("dep_delay") + F.col("air_time") + F.lit(TAXI_MINUTES)
    landed = F.col("scheduled_departure") + F.make_dt_interval(secs=(minutes * 60).cast("decimal(18,6)"))
    daily = (
        read("flights")
        .where("arr_delay IS NOT NULL AND dep_delay IS NOT NULL AND air_time IS NOT NULL")
        .groupBy(*ROUTE, F.to_date(landed).alias("day"))
        .agg(
            F.count("*").alias("flights"),
            F.sum((F.col("arr_delay") >= LATE_MINUTES).cast("int")).alias("late"),
            F.sum("arr_delay").alias("delay"),
        )
    )
    newest = daily.agg(F.max("day").alias("newest"))
    offsets = F.explode(F.sequence(F.lit(1), F.lit(HISTORY_DAYS + 1))).alias("offset")
    counted = (
        daily.crossJoin(newest)
        .select("*", offsets)
        .where(F.date_add("day", F.col("offset")) <= F.date_add("newest", 1))
        .withColumn("weight", (F.col("offset") <= HISTORY_DAYS).cast("int"))
    )
    flights = F.sum(F.col("flights") * F.col("weight"))
    return counted.groupBy(*ROUTE, F.date_add("day", F.col("offset")).cast("timestamp").alias("available_at")).agg(
        F.try_divide(F.sum(F.col("late") * F.col("weight")), flights).cast("double").alias("route_late_rate"),
        F.try_divide(F.sum(F.col("delay") * F.col("weight")), flights).cast("double").alias("route_mean_delay"),
        flights.cast("double").alias("route_flights"),
    )


def plane_features(read: Reader) -> DataFrame:
    """What is known of the aircraft."""
    return read("planes").select(
        "tailnum", F.col("year").cast("double").alias("plane_year"), F.col("seats").cast("double").alias("plane_seats")
    )


FEATURES: dict[str, Callable[[Reader], DataFrame]] = {
    "weather_features": weather_features,
    "route_features": route_features,
    "plane_features": plane_features,
}
