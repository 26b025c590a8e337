"""Landed files: which there are, and whether each has the columns that its table needs."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors.base import DatabricksError

from pipelines.errors import PipelineError

HEADER_BYTES = 64 * 1024
READERS = 8
HIDDEN = ("_", ".")  # names that begin so are no data to Spark, but marks of writers and files half written


@dataclass(frozen=True)
class Landed:
    """A file of a volume, as a listing told of it: sent again, it has another time, and mostly another size."""

    path: str
    size: int
    modified_ms: int

    @property
    def name(self) -> str:
        """Its name in its folder."""
        return self.path.rsplit("/", 1)[-1]


def csv_files(workspace: WorkspaceClient, folder: str) -> list[Landed]:
    """The CSV files of a folder of a volume, by name, less HIDDEN ones. Raises PipelineError where there is none."""
    try:
        entries = list(workspace.files.list_directory_contents(folder))
    except DatabricksError as error:
        raise PipelineError(f"folder {folder}", f"an error when listing it ({error})", "CSV files") from error
    found = [
        Landed(f"{folder}/{entry.name}", entry.file_size or 0, entry.last_modified or 0)
        for entry in entries
        if not entry.is_directory and _is_data(entry.name or "")
    ]
    if not found:
        raise PipelineError(f"folder {folder}", "no CSV file", "at least one")
    return sorted(found, key=lambda file: file.path)


def by_header(
    workspace: WorkspaceClient, files: Iterable[Landed], required: Sequence[str]
) -> dict[tuple[str, ...], list[str]]:
    """Paths of the files, grouped by header. Raises PipelineError for the first that lacks a required column."""
    paths = [file.path for file in files]
    groups: dict[tuple[str, ...], list[str]] = {}
    with ThreadPoolExecutor(READERS) as readers:
        for path, header in zip(paths, readers.map(lambda path: _header(workspace, path), paths), strict=True):
            missing = [column for column in required if column not in header]
            if missing:
                raise PipelineError(
                    f"file {path}, column{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
                    f"the columns {', '.join(header) or '(none)'}",
                    f"all of {', '.join(required)}",
                )
            groups.setdefault(header, []).append(path)
    return groups


def new_columns(groups: Mapping[tuple[str, ...], Sequence[str]], known: Collection[str]) -> dict[str, list[str]]:
    """For each path of the groups, the columns of its header that are not known."""
    return {path: [name for name in header if name not in known] for header, paths in groups.items() for path in paths}


def _is_data(name: str) -> bool:
    return name.endswith(".csv") and not name.startswith(HIDDEN)


def _header(workspace: WorkspaceClient, path: str) -> tuple[str, ...]:
    """The first line's fields, from the file's first bytes: a file may be large, its header is not."""
    contents = workspace.files.download(path).contents
    assert contents is not None
    with contents:
        start = contents.read(HEADER_BYTES).decode("utf-8-sig", errors="replace")
    return tuple(next(csv.reader(start.splitlines()), []))
