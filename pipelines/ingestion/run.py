"""Ingestion: CSV files of the landing volume become bronze tables, each row once by its primary key.

Only files that are new or changed are read. Rows that break their table's contract go to the quarantine, with reasons.
Everything is checked before anything is written, so a file that is wrong as a whole leaves every table as it was; the
ledger is written last, so what a half-done task has merged is merged again, to no effect.
"""

from __future__ import annotations

from dataclasses import dataclass

from databricks.sdk import WorkspaceClient
from pyspark.sql import DataFrame, SparkSession

from environments import names
from environments.settings import SourceTable
from pipelines.at_once import at_once
from pipelines.ingestion import ledger, quarantine
from pipelines.ingestion.conform import conform, newest_per_key
from pipelines.ingestion.files import FILE, MALFORMED, MODIFIED, ROW, read_files
from pipelines.ingestion.landed import by_header, csv_files, new_columns
from pipelines.ingestion.ledger import Account, Entry
from pipelines.ingestion.tally import Tally, refuse_bad_files, tallies
from pipelines.sampling import thin
from pipelines.tables import merge, session
from pipelines.task import Task, log, run_stage

PURPOSE = "subset"  # of the sample that an environment's settings ask for


@dataclass(frozen=True)
class Delivery:
    """Rows of new files, checked, for one table: those to ingest, and those to quarantine."""

    table: str
    contract: SourceTable
    rows: DataFrame
    bad_rows: DataFrame
    accounts: dict[Entry, Account]


def ingest(task: Task) -> None:
    """Find, read, check and merge what has landed for every source table of the model."""
    spark, workspace = session(), WorkspaceClient()
    landing = names.landing_path(task.environment, task.model)
    book, aside = names.ledger_table(task.environment, task.model), names.quarantine_table(task.environment, task.model)
    taken = ledger.taken(spark, book, landing)
    found = at_once(lambda table: _delivery(task, spark, workspace, table, taken), task.model.sources.tables)
    deliveries = [delivery for delivery in found if delivery]
    held = quarantine.held(spark, aside, landing) if deliveries else set()
    at_once(lambda delivery: _merge(spark, delivery), deliveries)
    for delivery in deliveries:  # one after the other: they share the table
        _quarantine(spark, aside, delivery, held)
    accounts = {entry: account for delivery in deliveries for entry, account in delivery.accounts.items()}
    if accounts:
        ledger.record(spark, book, accounts)


def _merge(spark: SparkSession, delivery: Delivery) -> None:
    log.info("%s: %s", delivery.table, merge(spark, delivery.table, delivery.rows, delivery.contract.primary_key))


def _quarantine(spark: SparkSession, aside: str, delivery: Delivery, held: set[str]) -> None:
    """Put bad rows aside; rows that files had there before they were sent again go."""
    counts = {entry.file.path: account.tally.quarantined for entry, account in delivery.accounts.items()}
    paths = [path for path, count in counts.items() if count or path in held]
    if paths:
        quarantine.replace(spark, aside, delivery.bad_rows, paths)
        total = sum(counts.values())
        log.warning("%s: %d rows of %d files break the contract: see %s", delivery.table, total, len(paths), aside)


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
    due = ledger.to_read(landed, taken)
    log.info("%s: %d of %d files to read, %d of them again", folder, len(due), len(landed), len(taken & {*due}))
    if not due:
        return None
    columns = task.code.RAW_COLUMNS[table]
    groups = by_header(workspace, [entry.file for entry in due], columns)
    strange = new_columns(groups, [*columns, *contract.ignored])
    for path, new in strange.items():
        if new:
            log.warning("%s: new columns, which no table takes: %s", path, ", ".join(new))
    mapped = task.code.bronze(table, read_files(spark, groups, columns))
    conformed = conform(mapped.select(*contract.columns, FILE, MODIFIED, ROW, MALFORMED), contract)
    found = tallies(conformed, contract, fraction, PURPOSE)
    refuse_bad_files(found, conformed, contract.quarantined_share, folder)
    rows = newest_per_key(thin(conformed, contract.primary_key, fraction, PURPOSE), contract)
    accounts = {entry: Account(found.get(entry.file.name, Tally()), strange[entry.file.path]) for entry in due}
    return Delivery(full_name, contract, rows, quarantine.bad_rows(conformed, full_name, folder), accounts)


def main() -> None:
    """Entry point of the wheel."""
    run_stage("ingestion", ingest)
