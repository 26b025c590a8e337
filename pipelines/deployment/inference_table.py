"""The endpoint's inference table, read: who answered how many requests, and what was said of which entity.

All of it is Spark SQL: nothing is collected here, and no code travels to the workers.
https://learn.microsoft.com/azure/databricks/ai-gateway/inference-tables
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import StructField

from pipelines.deployment.asking import ASKED
from pipelines.tables import instant

VERSION, SCORE_SAID, REQUEST_ID = "served_version", "score", "databricks_request_id"
PLACE, DURATION = "place", "execution_duration_ms"
# Values of any type are read as text, and become what the label table says.
RECORDS, COLUMNS = "array<map<string,string>>", "map<string,array<string>>"
REQUEST_TYPE = f"""
    dataframe_records {RECORDS}, instances {RECORDS}, inputs string,
    dataframe_split struct<columns: array<string>, data: array<array<string>>>
"""


def of_callers(payloads: DataFrame, askers: Sequence[str]) -> DataFrame:
    """Requests with the version that answered (null: not known yet), less those that only asked who is there.

    Those are of `askers`, the names of the jobs' own identity; they tell which `served_entity_id` is which version.
    """
    asked = payloads.where(F.col("client_request_id").startswith(ASKED) & F.col("requester").isin(*askers))
    known = asked.select(
        "served_entity_id", F.substring_index("client_request_id", " ", -1).alias(VERSION)
    ).dropDuplicates(["served_entity_id"])
    others = F.coalesce(~F.col("client_request_id").startswith(ASKED), F.lit(True))
    return payloads.where(others).join(F.broadcast(known), "served_entity_id", "left")


def since_then(since: datetime) -> Column:
    """Is a request not from before a moment (UTC); the table is partitioned by days."""
    return (F.col("request_date") >= F.lit(since.astimezone(UTC).date())) & (F.col("request_time") >= instant(since))


def answered(payloads: DataFrame, since: datetime, askers: Sequence[str]) -> DataFrame:
    """Callers' requests since a moment (UTC) with the version that answered, those aside of which it is not known."""
    return of_callers(payloads, askers).where(since_then(since)).where(F.col(VERSION).isNotNull())


def traffic(requests: DataFrame, since: datetime, now: datetime, parts: int) -> DataFrame:
    """Requests and errors of each version in each of so many equal parts of the time; `part` counts from 0."""
    seconds = max((now - since).total_seconds(), 1.0) / parts
    elapsed = F.unix_micros("request_time") / 1_000_000 - F.lit(since.timestamp())
    part = F.least(F.floor(elapsed / seconds), F.lit(parts - 1)).cast("int")
    return requests.groupBy(VERSION, part.alias("part")).agg(
        F.count("*").alias("requests"), F.sum((F.col("status_code") >= 400).cast("int")).alias("errors")
    )


def records(requests: DataFrame, keys: Sequence[StructField], output: str) -> DataFrame:
    """One row for each record of each answered request: version, request, place in it, its key, the score.

    Requests are of MLflow's formats: `dataframe_records`, `dataframe_split`, `instances`, `inputs` (rows or columns).
    An answer that has not a row for each of the request's says nothing; see `counted`.
    """
    rows = requests.where("status_code = 200").withColumns(
        {"_rows": _rows(F.from_json("request", REQUEST_TYPE)), "_said": _said()}
    )
    asked = (VERSION, "request_time", REQUEST_ID, DURATION)
    each = rows.where(F.size("_rows") == F.size("_said")).select(
        *asked, F.posexplode(F.arrays_zip("_rows", "_said")).alias(PLACE, "_one")
    )
    values = [F.col("_one._rows")[key.name].try_cast(key.dataType).alias(key.name) for key in keys]
    score = F.coalesce(F.get_json_object("_one._said", f"$.{output}"), F.col("_one._said")).try_cast("double")
    return each.select(*asked, PLACE, *values, score.alias(SCORE_SAID))


def counted(requests: DataFrame) -> DataFrame:
    """One row: requests, records of those that were answered, and how many were whose records cannot be told."""
    rows, answered = _rows(F.from_json("request", REQUEST_TYPE)), F.col("status_code") == 200
    size = F.when(answered & (F.size(rows) == F.size(_said())), F.size(rows))
    return requests.select(answered.alias("_answered"), size.alias("_size")).agg(
        F.count("*").alias("requests"),
        F.coalesce(F.sum("_size"), F.lit(0)).alias("records"),
        F.count_if(F.col("_answered") & F.col("_size").isNull()).alias("unreadable"),
    )


def said(requests: DataFrame, keys: Sequence[StructField], output: str) -> DataFrame:
    """What each version said last of each entity: version, request, the entity's key, the score.

    A record without the key, or without a score, says nothing.
    """
    names = [key.name for key in keys]
    latest = Window.partitionBy(VERSION, *names).orderBy(F.desc("request_time"), F.desc(REQUEST_ID), F.desc(PLACE))
    return (
        records(requests, keys, output)
        .dropna(subset=[*names, SCORE_SAID])
        .withColumn("_latest", F.row_number().over(latest))
        .where("_latest = 1")
        .select(VERSION, REQUEST_ID, *names, SCORE_SAID)
    )


def _said() -> Column:
    """What was answered to each record."""
    return F.from_json("response", "predictions array<string>")["predictions"]


def _rows(request: Column) -> Column:
    """The request's rows, each a map of its columns. What is out of shape is null, never an error of the query."""
    split = request["dataframe_split"]
    by_row = F.from_json(request["inputs"], RECORDS)
    by_column = F.from_json(request["inputs"], COLUMNS)
    names, data = split["columns"], split["data"]
    in_shape = F.forall(data, lambda row: F.size(row) == F.size(names)) & (
        F.size(F.array_distinct(names)) == F.size(names)
    )
    length = F.size(F.try_element_at(F.map_values(by_column), F.lit(1)))
    places = F.sequence(F.lit(0), F.greatest(length - 1, F.lit(0)))
    turned = F.transform(places, lambda at: F.transform_values(by_column, lambda _, values: F.get(values, at)))
    return F.coalesce(
        request["dataframe_records"],
        F.when(in_shape, F.transform(data, lambda row: F.map_from_arrays(names, row))),
        request["instances"],
        F.when(F.substring(request["inputs"], 1, 1) == "[", by_row),
        F.when(length > 0, turned),
    )
