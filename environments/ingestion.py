"""The ledger of ingestion: which landed files it has taken. Terraform makes the table, ingestion writes it.

A file whose row is deleted is ingested again, which is how one starts over.
"""

from __future__ import annotations

from environments.contracts import Column, TableContract

LEDGER = TableContract(
    comment="Landed files that were ingested; delete a file's row and it is ingested again",
    primary_key=["path"],
    columns={
        "path": Column(type="string", nullable=False, comment="the file in its volume"),
        "size": Column(type="bigint", comment="bytes"),
        "modified_at": Column(type="timestamp", comment="when the file was changed last, UTC"),
        "table_id": Column(type="string", comment="Unity Catalog's id of the table that took the file's rows"),
        "contract": Column(type="string", comment="digest of that table's contract, as it was then"),
        "row_count": Column(type="bigint", comment="rows in the file"),
        "ingested_at": Column(type="timestamp"),
    },
)
