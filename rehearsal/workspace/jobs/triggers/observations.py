"""What triggers look at: the files of a place, the versions of tables; as the job's run-as principal may see them."""

from __future__ import annotations

import os
from pathlib import Path

from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import access, external_locations, tables, volumes
from rehearsal.workspace.unity_catalog.privileges import TABLE


def files_place(tx: Transaction, platform: Platform, principal: Principal, url: str) -> Path:
    """The local folder of a path in a volume or in an external location. Raises DatabricksError 400, 403, 404."""
    if url.startswith("/Volumes/"):
        return volumes.resolve(tx, principal, url.rstrip("/"), "READ_VOLUME")
    return external_locations.resolve(tx, principal, platform, url, "READ_FILES")


def files(folder: Path) -> list[str]:
    """Names of all files below the folder, hidden ones and what services write left out."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        found += [str((Path(parent) / name).relative_to(folder)) for name in names if not name.startswith((".", "_"))]
    return sorted(found)


def table_version(tx: Transaction, principal: Principal, name: str) -> int:
    """The latest version of a Delta table, from the names in its log alone. Raises DatabricksError 403, 404."""
    access.require(tx, principal, TABLE, name, "SELECT")
    log = tables.local_location(tables.find(tx, name)) / "_delta_log"
    commits = [int(path.stem) for path in log.glob("*.json") if path.stem.isdecimal()]
    return max(commits, default=-1)
