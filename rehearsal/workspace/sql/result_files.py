"""Results of statements on disk: chunks of rows as Arrow streams, until they are twelve hours old."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pyarrow as pa

from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import not_found

Json = dict[str, Any]
CHUNK_ROWS = 100_000
_KEPT_SECONDS = 12 * 3600  # https://docs.databricks.com/api/azure/workspace/statementexecution: results expire


def write(platform: Platform, statement_id: str, table: pa.Table) -> list[Json]:
    """Store the rows; what the manifest says of the chunks."""
    folder = _folder(platform, statement_id)
    folder.mkdir(parents=True)
    chunks = []
    for index, offset in enumerate(range(0, max(table.num_rows, 1), CHUNK_ROWS)):
        part = table.slice(offset, CHUNK_ROWS)
        with (folder / f"{index}.arrow").open("wb") as file:
            with pa.ipc.new_stream(file, part.schema) as writer:
                writer.write_table(part)
            file.flush()
            os.fsync(file.fileno())  # what is acknowledged is kept
            size = file.tell()
        chunks.append({"chunk_index": index, "row_offset": offset, "row_count": part.num_rows, "byte_count": size})
    return chunks


def path(platform: Platform, statement_id: str, index: int) -> Path:
    """File of a chunk. Raises DatabricksError 404."""
    found = _folder(platform, statement_id) / f"{index}.arrow"
    if not found.is_file():
        raise not_found(f"The result of statement {statement_id} has no chunk {index}, or is no longer kept.")
    return found


def read(platform: Platform, statement_id: str, index: int) -> pa.Table:
    """Rows of a chunk. Raises DatabricksError 404."""
    with pa.OSFile(str(path(platform, statement_id, index))) as file:
        return pa.ipc.open_stream(file).read_all()


def remove_old(platform: Platform) -> None:
    """Forget results whose time is over."""
    for folder in _root(platform).glob("*"):
        if folder.stat().st_mtime < time.time() - _KEPT_SECONDS:
            shutil.rmtree(folder)


def _folder(platform: Platform, statement_id: str) -> Path:
    return _root(platform) / statement_id


def _root(platform: Platform) -> Path:
    return platform.home / "statement-results"
