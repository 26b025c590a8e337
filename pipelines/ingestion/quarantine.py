"""The quarantine: landed rows that break their table's contract, with the reasons, as their files are now.

A file that was sent again, or is held to another contract, replaces its rows; those of other files stay.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from environments.ingestion import QUARANTINE
from pipelines.ingestion.conform import REASONS, is_good
from pipelines.ingestion.files import FILE, MODIFIED, ROW
from pipelines.tables import Merged, merge

MOMENT = "quarantined_at"


def bad_rows(conformed: DataFrame, table: str, folder: str) -> DataFrame:
    """The rows of the quarantine table that conformed rows become; equal rows of a file are told apart by counting."""
    digest = F.sha2(ROW, 256)
    ordinal = F.row_number().over(Window.partitionBy(FILE, ROW).orderBy(REASONS))
    columns = {
        "path": F.concat(F.lit(f"{folder}/"), FILE),
        "row_id": F.concat_ws("-", digest, ordinal),
        "table_name": F.lit(table),
        "row": F.col(ROW),
        "reasons": F.col(REASONS),
        "modified_at": F.col(MODIFIED),
        MOMENT: F.current_timestamp(),
    }
    return conformed.where(~is_good()).select(*[columns[name].alias(name) for name in QUARANTINE.columns])


def held(spark: SparkSession, quarantine: str, folder: str) -> set[str]:
    """Paths of the files below a folder that have rows in the quarantine."""
    rows = spark.table(quarantine).where(F.startswith("path", F.lit(f"{folder}/")))
    return {row["path"] for row in rows.select("path").distinct().collect()}


def replace(spark: SparkSession, quarantine: str, rows: DataFrame, paths: Sequence[str]) -> Merged:
    """Let the quarantine hold just these rows of the files; in one commit, and a repetition changes nothing."""
    compared = [name for name in QUARANTINE.columns if name != MOMENT]
    return merge(spark, quarantine, rows, QUARANTINE.primary_key, compare=compared, whole=("path", paths))
