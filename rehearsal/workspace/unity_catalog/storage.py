"""Where managed data lies: a local folder for the platform, an abfss URL for everybody who asks by REST."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from rehearsal.workspace.arm import storage as azure_storage
from rehearsal.workspace.context import Platform
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog.cloud_urls import CloudUrl

# Azure storage as a metastore's managed location looks; nothing is ever sent there.
CLOUD_ROOT = "abfss://unity-catalog@understudyrehearsal.dfs.core.windows.net"
_ROOT = "storage"
_AZURE = "azure"  # in it: <account>/<container>, the containers of Azure
METASTORE_ID = "11111111-2222-4333-8444-555555555555"


def root(platform: Platform) -> Path:
    """The folder of all managed data."""
    return platform.home / _ROOT


def local_folder(tx: Transaction, platform: Platform, url: CloudUrl) -> Path:
    """The local folder that stands for one in the cloud. Raises DatabricksError 404 without such a container."""
    return azure_storage.container_folder(tx, platform, url.account, url.container).joinpath(*url.folders)


def public_location(location: str | Path | None) -> str | None:
    """The cloud URL that stands for a local folder below `storage`; local paths never leave the platform."""
    if location is None:
        return None
    below = _below(location)
    if below[0] == _AZURE and len(below) > 2:
        return str(CloudUrl(below[2], below[1], below[3:]))
    return "/".join((CLOUD_ROOT, *below))


def azure_account(location: str | Path) -> str | None:
    """The storage account of Azure in which a local folder lies; None for the metastore's own storage."""
    below = _below(location)
    return below[1] if below[0] == _AZURE and len(below) > 2 else None


def _below(location: str | Path) -> tuple[str, ...]:
    parts = Path(location).parts
    return parts[parts.index(_ROOT) + 1 :] if _ROOT in parts else parts[-1:]


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
