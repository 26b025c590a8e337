"""From the columns of the landed files (those of the data set Bikeshare, without its row names) to the bronze tables.

Its days are numbers of the year 2011, which it says nowhere, and its hours are Washington's, with a gap where summer
time begins. They are kept as if they were UTC: all that counts here, hours and days, is then what people there call so.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

CITY = "washington"
FIRST_DAY = "2011-01-01"
RAW_COLUMNS = {
    "rides": ("day", "hr", "holiday", "weekday", "workingday", "casual", "registered", "bikers"),
    "weather": ("day", "hr", "weathersit", "temp", "atemp", "hum", "windspeed"),
}


def bronze(table: str, raw: DataFrame) -> DataFrame:
    """Columns of the bronze table, from raw columns that are all strings."""
    hour = _hour()
    if table == "weather":
        return raw.withColumns({"city": F.lit(CITY), "observed_at": hour})
    stamp = F.date_format(hour, "yyyyMMdd'T'HH")
    return raw.withColumns(
        {
            "city": F.lit(CITY),
            "hour_start": hour,
            "hour_of_day": F.col("hr"),
            "hour_id": F.when(hour.isNotNull(), F.concat_ws("-", F.lit(CITY), stamp)),
        }
    )


def _hour() -> Column:
    """The hour's start, from the day of the year (1 is the first) and the hour of the day; null where one is none."""
    days, hours = F.col("day").try_cast("int"), F.col("hr").try_cast("int")
    start = F.lit(FIRST_DAY).cast("timestamp") + F.make_dt_interval(days=days - 1, hours=hours)
    return F.when(days.between(1, 365) & hours.between(0, 23), start)
