"""The ledger: which files went into which table, so that no file is read again for what was taken of it already.

An entry holds only for the file as it was (a file sent again has another time), for the table as it was (one that was
dropped and made again has another id, and is empty) and for its contract as it was (a new column needs the old files).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from environments.ingestion import LEDGER
from environments.settings import TableContract
from pipelines.ingestion.landed import Landed
from pipelines.ingestion.tally import Tally
from pipelines.tables import Merged, merge

DIGEST_LENGTH = 16
_STAMPED = (
    "path string, size bigint, modified_ms bigint, table_id string, contract string, rows_landed bigint, "
    "rows_ingested bigint, rows_quarantined bigint, rows_sampled_away bigint, rows_repeated bigint, new_columns string"
)


@dataclass(frozen=True)
class Entry:
    """A file that was, or is to be, taken into a table under a contract."""

    file: Landed
    table_id: str
    contract: str


@dataclass(frozen=True)
class Account:
    """What became of a file: its rows by fate, and the columns that were new to settings."""

    tally: Tally
    new_columns: Sequence[str]


def digest(contract: TableContract, fraction: float) -> str:
    """What of a contract decides which rows a table gets of a file; comments do not."""
    columns = {name: column.model_dump(exclude={"comment"}) for name, column in contract.columns.items()}
    text = json.dumps([columns, list(contract.primary_key), fraction])
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


def taken(spark: SparkSession, ledger: str, folder: str) -> set[Entry]:
    """All entries of the files below a folder."""
    modified = F.unix_millis("modified_at").alias("modified_ms")
    rows = spark.table(ledger).where(F.startswith("path", F.lit(f"{folder}/")))
    return {
        Entry(Landed(row["path"], row["size"], row["modified_ms"]), row["table_id"], row["contract"])
        for row in rows.select("path", "size", modified, "table_id", "contract").collect()
    }


def to_read(landed: Sequence[Entry], taken: Set[Entry]) -> list[Entry]:
    """Of a table's files those that are not taken, and all that changed after one of these: they may correct it.

    A table does not say which file a row is of. What lands is newest as a rule, so rarely is a file read again.
    """
    fresh = [entry.file.modified_ms for entry in landed if entry not in taken]
    return [entry for entry in landed if fresh and entry.file.modified_ms >= min(fresh)]


def record(spark: SparkSession, ledger: str, accounts: Mapping[Entry, Account]) -> Merged:
    """Enter files, each with its account; to be called when their rows are in the tables, not before."""
    entries = [
        (
            *(entry.file.path, entry.file.size, entry.file.modified_ms, entry.table_id, entry.contract),
            *(account.tally.landed, account.tally.ingested, account.tally.quarantined),
            *(account.tally.sampled_away, account.tally.repeated, ", ".join(account.new_columns) or None),
        )
        for entry, account in accounts.items()
    ]
    frame = spark.createDataFrame(entries, _STAMPED).withColumns(
        {"modified_at": F.timestamp_millis("modified_ms"), "ingested_at": F.current_timestamp()}
    )
    return merge(spark, ledger, frame.select(*LEDGER.columns), LEDGER.primary_key)
