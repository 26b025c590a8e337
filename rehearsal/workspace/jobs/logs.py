"""What a task's attempt writes: one file each, of which answers give the end."""

from __future__ import annotations

from pathlib import Path

from rehearsal.workspace.context import Platform
from rehearsal.workspace.store import Body

# As much of the log's end as `runs/get-output` gives.
_MOST_BYTES = 5 * 1024 * 1024


def file_of(platform: Platform, run: Body, record: Body) -> Path:
    """Where the attempt writes."""
    return folder_of(platform, run) / str(record["run_id"]) / "output.log"


def folder_of(platform: Platform, run: Body) -> Path:
    """Where all attempts of the run's tasks write."""
    folder: Path = platform.home / "runs" / str(run["workspace"]) / str(run["run_id"])
    return folder


def end_of(path: Path) -> tuple[str | None, bool]:
    """The log's end, None for a task that has written none; and whether something is missing before it."""
    if not path.exists():
        return None, False
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _MOST_BYTES))
        return file.read().decode(errors="replace"), size > _MOST_BYTES
