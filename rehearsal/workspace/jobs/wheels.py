"""A task's environment: its dependencies, read from volumes as its principal, unpacked and put on its path."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from rehearsal.packages import stand_ins
from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.unity_catalog import volumes

# Each task asks for some twenty packages. One that is missing is asked for again, as it may have been installed since.
_version = cache(metadata.version)


class LibraryInstallationError(Exception):
    """A dependency cannot be provided; the text is for the job's owner."""


def provide(platform: Platform, principal: Principal, dependencies: list[str]) -> list[Path]:
    """Folders to put on the path: one for each wheel, and those of the stand-ins that are asked for.

    Other requirements (`lightgbm==4.6.0`), those of the wheels too, must be met by what this runtime has installed:
    nothing is downloaded while a task starts. Raises LibraryInstallationError.
    """
    folders = [_unpacked(platform, principal, path) for path in dependencies if path.startswith("/")]
    wanted = [(text, "the environment") for text in dependencies if not text.startswith("/")]
    for distribution in metadata.distributions(path=[str(folder) for folder in folders]):
        by = f"{distribution.name} {distribution.version}"
        wanted += [(requirement, by) for requirement in distribution.requires or []]
    asked_for = [folder for text, wanted_by in wanted if (folder := _met(text, wanted_by)) is not None]
    return [*folders, *dict.fromkeys(asked_for)]


def _unpacked(platform: Platform, principal: Principal, path: str) -> Path:
    try:
        with platform.store.transaction() as tx:
            source = volumes.resolve(tx, principal, path, "READ_VOLUME")
        content = source.read_bytes()
    except DatabricksError as error:
        raise LibraryInstallationError(f"Library {path} cannot be read: {error.message}") from error
    except OSError as error:
        raise LibraryInstallationError(f"Library {path} does not exist or is not a file.") from error
    cache = platform.home / "runs" / "wheels"
    folder = cache / hashlib.sha256(content).hexdigest()
    if folder.exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    # Complete before it has its name, so that neither a second task nor a restart finds half of it.
    draft = Path(tempfile.mkdtemp(dir=cache))
    try:
        with zipfile.ZipFile(source) as archive:
            archive.extractall(draft)
        draft.rename(folder)
    except zipfile.BadZipFile as error:
        raise LibraryInstallationError(f"Library {path} is not a wheel: {error}.") from error
    except OSError:
        if not folder.exists():  # else another task was first
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _met(text: str, wanted_by: str) -> Path | None:
    """Where the stand-in lies that meets the requirement; None for what is installed anyway, or not wanted here."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise LibraryInstallationError(f"'{text}' (needed by {wanted_by}) is not a valid requirement.") from error
    if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
        return None
    stand_in = stand_ins().get(canonicalize_name(requirement.name))
    try:
        version = stand_in.version if stand_in else _version(requirement.name)
    except metadata.PackageNotFoundError as error:
        raise LibraryInstallationError(f"'{text}' (needed by {wanted_by}) is not part of this runtime.") from error
    if not requirement.specifier.contains(version, prereleases=True):
        raise LibraryInstallationError(f"'{text}' (needed by {wanted_by}) is not met: this runtime has {version}.")
    return Path(str(stand_in.locate_file(""))) if stand_in else None
