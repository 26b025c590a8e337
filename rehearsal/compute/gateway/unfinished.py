"""What Spark has been asked to do and the catalog does not know of yet, written down lest sudden death leave a trace.

A table's folder is announced before Spark writes it, and struck off in the transaction that registers the table; one
that is dropped is announced in the transaction that takes the name away. What is still announced at the next start
belongs to nobody and is removed.
"""

from __future__ import annotations

from pathlib import Path

from rehearsal.workspace.context import Platform
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import securables, storage
from rehearsal.workspace.unity_catalog.privileges import TABLE

KIND = "uc_unfinished_folder"


def announce(tx: Transaction, folder: Path) -> None:
    """From now on the folder is removed at the next start."""
    tx.put(KIND, str(folder), {})


def settle(tx: Transaction, folder: Path) -> None:
    """The folder belongs to a table, or is gone."""
    tx.delete(KIND, str(folder))


def remove(platform: Platform, folder: Path) -> None:
    """Delete an announced folder."""
    storage.remove_folders([folder])
    with platform.store.transaction() as tx:
        settle(tx, folder)


def sweep(platform: Platform) -> None:
    """At a start: remove what was left unfinished."""
    with platform.store.transaction() as tx:
        known = {body.get("storage_location") for body in securables.within(tx, TABLE, "")}
        left = [Path(key) for key, _ in tx.items(KIND) if key not in known]
    for folder in left:
        remove(platform, folder)
