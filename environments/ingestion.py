"""What ingestion keeps account in: the ledger of landed files, and the rows that it did not let in.

Terraform makes the tables, ingestion writes them. A file whose row in the ledger is deleted is ingested again, which is
how one starts over. Of each file, rows landed = ingested + quarantined + sampled away + repeated.
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
        "rows_landed": Column(type="bigint", comment="rows in the file: the sum of the four below"),
        "rows_ingested": Column(type="bigint", comment="rows that were merged into the table"),
        "rows_quarantined": Column(type="bigint", comment="rows that broke the contract"),
        "rows_sampled_away": Column(type="bigint", comment="rows outside of the part that the environment takes"),
        "rows_repeated": Column(type="bigint", comment="rows of whose key the files hold a newer row"),
        "new_columns": Column(type="string", comment="columns of the file that settings do not know; not taken"),
        "ingested_at": Column(type="timestamp"),
    },
)

QUARANTINE = TableContract(
    comment="Landed rows that break their table's contract, as the files are now; see the ledger for each file's count",
    primary_key=["path", "row_id"],
    columns={
        "path": Column(type="string", nullable=False, comment="the file in its volume"),
        "row_id": Column(type="string", nullable=False, comment="digest of the row, and how many-th such row it is"),
        "table_name": Column(type="string", comment="the table that did not take it"),
        "row": Column(type="string", comment="the row as it landed: JSON by column, or the line if it is no such row"),
        "reasons": Column(type="string", comment="each column that breaks the contract: what was found and expected"),
        "modified_at": Column(type="timestamp", comment="when the file was changed last, UTC"),
        "quarantined_at": Column(type="timestamp"),
    },
)
