"""Where managed data lies: a local folder for the platform, an abfss URL for everybody who asks by REST."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

from rehearsal.workspace.context import Platform

# Azure storage as a metastore's managed location looks; nothing is ever sent there.
CLOUD_ROOT = "abfss://unity-catalog@understudyrehearsal.dfs.core.windows.net"
_ROOT = "storage"
METASTORE_ID = "11111111-2222-4333-8444-555555555555"


def root(platform: Platform) -> Path:
    """The folder of all managed data."""
    return platform.home / _ROOT


def new_folder(platform: Platform, catalog: str, schema: str, kind: str) -> Path:
    """A folder for a new managed object: a fresh id, so that a name used again never meets old files."""
    return root(platform) / catalog.lower() / schema.lower() / kind / str(uuid.uuid4())


def public_location(location: str | Path | None) -> str | None:
    """The cloud URL that stands for a local folder below `storage`; local paths never leave the platform."""
    if location is None:
        return None
    parts = Path(location).parts
    below = parts[parts.index(_ROOT) + 1 :] if _ROOT in parts else parts[-1:]
    return "/".join((CLOUD_ROOT, *below))


def now() -> int:
    """Milliseconds since 1970, as all timestamps of the API."""
    return int(time.time() * 1000)


def remove_folders(folders: Iterable[Path]) -> None:
    """Delete files of objects that are durably gone, and the folders above that are empty then.

    A folder that was never written is no error.
    """
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)
        for parent in folder.parents:
            if parent.name == _ROOT or _ROOT not in parent.parts or not _removed_if_empty(parent):
                break


def _removed_if_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:  # something else lives there
        return False
    return True
