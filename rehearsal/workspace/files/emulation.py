"""What the Files API says of itself on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Files",
    summary="Volumes and model files by the Files API.",
    works=(
        "upload, download with ranges, metadata, delete; folders with listing page by page",
        "a file appears whole or not at all, whatever dies in between",
        "every path is checked against the volume's privileges and the catalog's bindings",
    ),
    differs=(
        "large files come in one request: the multipart protocol is answered as behind a firewall that bars "
        "the storage account",
    ),
    refused=(
        "DBFS",
        "paths outside volumes, models and run artifacts",
    ),
)
