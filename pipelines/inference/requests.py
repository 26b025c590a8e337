"""Records of a topic become rows of the label table's contract, or dead letters that say what is wrong. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from environments.settings import TableContract
from environments.streaming import DEAD_LETTERS

_CONTENT, _UNREAD, _REASON = "_content", "_unread", "reason"
PLACE = ("sent_at", "partition", "offset")


def parsed(records: DataFrame, contract: TableContract) -> DataFrame:
    """Records with their content, and the reason why they are no requests, null where they are."""
    columns = [f"`{name}` {column.type}" for name, column in contract.columns.items()]
    how = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": _UNREAD}
    content = F.from_json("value", ", ".join([*columns, f"`{_UNREAD}` string"]), how)
    return records.withColumn(_CONTENT, content).withColumn(_REASON, _reason(contract))


def requests(read: DataFrame, contract: TableContract) -> DataFrame:
    """Of parsed records those that can be scored, as rows of the contract, with their place in the topic."""
    columns = [F.col(f"{_CONTENT}.{name}").alias(name) for name in contract.columns]
    return read.where(F.col(_REASON).isNull()).select(*columns, F.struct(*PLACE).alias("_place"))


def dead_letters(read: DataFrame) -> DataFrame:
    """Of parsed records those that cannot be scored."""
    return read.where(F.col(_REASON).isNotNull()).select(*DEAD_LETTERS.columns)


def newest(rows: DataFrame, keys: Sequence[str], place: str) -> DataFrame:
    """One row per key: the one that came last. A prediction that is asked for again is made anew."""
    columns = [column for column in rows.columns if column not in (*keys, place)]
    last = F.max_by(F.struct(*columns), F.col(place)).alias("_last")
    return rows.groupBy(*keys).agg(last).select(*keys, "_last.*")


def _reason(contract: TableContract) -> Column:
    """The first thing that is wrong."""
    shown = F.substring("value", 1, 80)
    types = ", ".join(f"{name} {column.type}" for name, column in contract.columns.items())
    unread = F.concat(F.lit("found "), shown, F.lit(f", expected a JSON object with columns of {types}"))
    reason = F.when(F.col("value").isNull(), F.lit("found no value, expected a JSON object"))
    reason = reason.when(F.col(_CONTENT).isNull() | F.col(f"{_CONTENT}.{_UNREAD}").isNotNull(), unread)
    for name, column in contract.columns.items():
        if not column.nullable:
            missing = F.lit(f"column {name}: found nothing, expected a value of type {column.type}")
            reason = reason.when(F.col(f"{_CONTENT}.{name}").isNull(), missing)
    return reason
