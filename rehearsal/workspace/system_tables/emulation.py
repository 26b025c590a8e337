"""What the system tables say of themselves on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="System tables",
    summary="The catalog `system`, which the platform fills and the metastore's administrators open to others.",
    works=(
        "`system.access.audit` and `system.access.table_lineage` with Databricks' columns, as Delta tables that SQL "
        "and Spark read",
        "listing and enabling system schemas",
    ),
    differs=(
        "the schema `access` is enabled from the start, and cannot be disabled",
        "`table_lineage` has one row a pair of tables, writer and run, with the latest time",
    ),
    refused=("every other system schema (billing, compute, query, storage), and `column_lineage`",),
)
