"""Ingestion: CSV files of the landing volume become bronze tables, each row once by its primary key.

Only files that are new or changed are read. Everything is checked before anything is written, so a bad file leaves
every table as it was; the ledger is written last, so what a half-done task has merged is merged again, to no effect.
"""

from __future__ import annotations

from dataclasses import dataclass

from databricks.sdk import WorkspaceClient
from pyspark.sql import DataFrame, SparkSession

from environments import names
from environments.settings import SourceTable
from pipelines.ingestion import ledger
from pipelines.ingestion.conform import conform, newest_per_key, rows_by_file
from pipelines.ingestion.files import FILE, MODIFIED, read_files
from pipelines.ingestion.landed import by_header, csv_files
from pipelines.ingestion.ledger import Entry
from pipelines.sampling import thin
from pipelines.tables import merge, session
from pipelines.task import Task, log, run_stage

PURPOSE = "subset"  # of the sample that an environment's settings ask for


@dataclass(frozen=True)
class Delivery:
    """Rows of new files, checked, for one table."""

    table: str
    contract: SourceTable
    rows: DataFrame
    entries: dict[Entry, int]


def ingest(task: Task) -> None:
    """Find, read, check and merge what has landed for every source table of the model."""
    spark, workspace = session(), WorkspaceClient()
    book = names.ledger_table(task.environment, task.model)
    taken = ledger.taken(spark, book, names.landing_path(task.environment, task.model))
    found = [_delivery(task, spark, workspace, table, taken) for table in task.model.sources.tables]
    deliveries = [delivery for delivery in found if delivery]
    for delivery in deliveries:
        merged = merge(spark, delivery.table, delivery.rows, delivery.contract.primary_key)
        log.info("%s: %s", delivery.table, merged)
    entries = {entry: rows for delivery in deliveries for entry, rows in delivery.entries.items()}
    if entries:
        ledger.record(spark, book, entries)


def _delivery(
    task: Task, spark: SparkSession, workspace: WorkspaceClient, table: str, taken: set[Entry]
) -> Delivery | None:
    """What the table's folder holds that the ledger does not; None when that is nothing. Raises PipelineError."""
    contract = task.model.sources.tables[table]
    full_name = names.source_table(task.environment, task.model, table)
    folder = f"{names.landing_path(task.environment, task.model)}/{contract.folder}"
    fraction = task.environment.overrides.subset if contract.sampled else 1.0
    table_id, digest = workspace.tables.get(full_name).table_id or "", ledger.digest(contract, fraction)
    landed = [Entry(file, table_id, digest) for file in csv_files(workspace, folder)]
    fresh = [entry for entry in landed if entry not in taken]
    log.info("%s: %d new of %d files", folder, len(fresh), len(landed))
    if not fresh:
        return None
    columns = task.code.RAW_COLUMNS[table]
    raw = read_files(spark, by_header(workspace, [entry.file for entry in fresh], columns), columns)
    mapped = task.code.bronze(table, raw).select(*contract.columns, FILE, MODIFIED)
    counts = rows_by_file(mapped, contract, folder)
    rows = newest_per_key(
        thin(conform(mapped, contract), contract.primary_key, fraction, PURPOSE), contract.primary_key
    )
    return Delivery(full_name, contract, rows, {entry: counts.get(entry.file.name, 0) for entry in fresh})


def main() -> None:
    """Entry point of the wheel."""
    run_stage("ingestion", ingest)
