"""Which windows have changed since the last refresh: those of rows in files that one version has and the other has not.

Delta never changes a file, so whatever was inserted, updated, deleted or merged is in files that came or went. A file
that was written anew holds rows that stayed, too: at worst more windows are measured again than need be, never fewer.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from numpy.typing import NDArray

from rehearsal.workspace.monitoring import sources


def moments(location: Path, before: int, now: int, time: str) -> NDArray[np.int64] | None:
    """Microseconds since 1970 of rows that came or went; None where the log or a file is gone: all is to be done."""
    try:
        old, new = _files(location, before), _files(location, now)
        changed = old ^ new
        parts = []
        for path in changed:
            column = pq.read_table(location / path, columns=[time], partitioning=None)[time]
            times, known = sources.moments(column)
            parts.append(np.unique(times[known]))
    except (DeltaError, FileNotFoundError, KeyError):
        return None
    return np.concatenate(parts) if parts else np.array([], np.int64)


def _files(location: Path, version: int) -> set[str]:
    return {unquote(path) for path in DeltaTable(location, version=version).get_add_actions()["path"].to_pylist()}
