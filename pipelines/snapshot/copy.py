"""What a copy has of a table: a sample of its keys, and masks where values are nobody's business. Pure functions."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from environments.settings import TableContract
from environments.snapshot import Mask, SnapshotTable
from pipelines.sampling import thin

PURPOSE = "snapshot"
HASH_LENGTH = 16  # hex digits: among a billion values two are alike with a chance of 3 %


def copied(rows: DataFrame, contract: TableContract, settings: SnapshotTable, key: str) -> DataFrame:
    """The copy's rows, with the columns and types of the contract.

    Of a key's hash alone it depends which rows there are, so tables with the same key have the same part of it.
    """
    sampled = thin(rows, contract.primary_key, settings.sample, PURPOSE)
    columns = [
        masked(name, settings.masked.get(name), key).cast(column.type).alias(name)
        for name, column in contract.columns.items()
    ]
    return sampled.select(*columns)


def masked(column: str, mask: Mask | None, key: str) -> Column:
    """The column's values behind the mask; equal values have the same hash in all tables, what is null stays null."""
    if mask == "hash":
        return F.substring(F.sha2(F.concat(F.lit(key), F.col(column)), 256), 1, HASH_LENGTH)
    return F.lit(None) if mask == "null" else F.col(column)
