"""Ingestion: CSV files of the landing volume become bronze tables, each row once by its primary key.

Everything is checked before anything is written, so a bad file leaves every table as it was.
"""

from __future__ import annotations

from pyspark.sql import DataFrame

from environments import names
from pipelines.ingestion.conform import conform, first_violation, newest_per_key, thin
from pipelines.ingestion.files import FILE, read_files
from pipelines.tables import merge, session
from pipelines.task import Task, log, run_stage


def ingest(task: Task) -> None:
    """Read, check and merge every source table of the model."""
    spark = session()
    landing = names.landing_path(task.environment, task.model)
    checked: dict[str, DataFrame] = {}
    for table, contract in task.model.sources.tables.items():
        folder = f"{landing}/{contract.folder}"
        raw = read_files(spark, folder, task.code.RAW_COLUMNS[table])
        mapped = task.code.bronze(table, raw).select(*contract.columns, FILE)
        problem = first_violation(mapped, contract, folder)
        if problem:
            raise problem
        rows = newest_per_key(conform(mapped, contract), contract.primary_key)
        if contract.sampled:
            rows = thin(rows, contract.primary_key, task.environment.overrides.subset)
        checked[table] = rows
        log.info("%s: files are as the contract of %s says", folder, table)
    for table, rows in checked.items():
        full_name = names.source_table(task.environment, task.model, table)
        merge(spark, full_name, rows, task.model.sources.tables[table].primary_key)
        log.info("%s: %d rows", full_name, spark.table(full_name).count())


def main() -> None:
    """Entry point of the wheel."""
    run_stage("ingestion", ingest)
