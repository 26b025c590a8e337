"""From a path of the Files API to a local one, for a caller who may read or write it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from databricks.sdk.service.catalog import ModelVersionInfoStatus

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import denied, invalid
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import access, models, volumes
from rehearsal.workspace.unity_catalog.privileges import MANAGE, MODEL


def local(tx: Transaction, principal: Principal, path: str, write: bool) -> Path:
    """The local path, which need not exist. Raises DatabricksError 400, 403 or 404."""
    if path.startswith("/Models/"):
        return _of_model(tx, principal, path, write)
    return volumes.resolve(tx, principal, path, "WRITE_VOLUME" if write else "READ_VOLUME")


def is_root(path: str) -> bool:
    """Is it a volume or a model version itself, which the Files API neither makes nor removes?"""
    return len(PurePosixPath(path).parts) <= (6 if path.startswith("/Models/") else 5)


def _of_model(tx: Transaction, principal: Principal, path: str, write: bool) -> Path:
    """`/Models/<catalog>/<schema>/<model>/<version>/...`: readable with EXECUTE, written while the version is made."""
    parts = PurePosixPath(path).parts
    if len(parts) < 6 or not parts[5].isdecimal():
        raise invalid(f"Invalid path: {path}. Paths start with /Models/<catalog>/<schema>/<model>/<version>.")
    full_name, version = ".".join(parts[2:5]), int(parts[5])
    if write and not access.may(tx, principal, MODEL, full_name, MANAGE):
        access.require(tx, principal, MODEL, full_name, "CREATE_MODEL_VERSION")
    elif not write:
        access.require(tx, principal, MODEL, full_name, "EXECUTE")
    info = models.find_version(tx, full_name, version)
    if write and info.status != ModelVersionInfoStatus.PENDING_REGISTRATION:
        raise denied(f"Files of model version {full_name}/{version} cannot be changed: it is {_spoken(info.status)}.")
    if not write and info.status != ModelVersionInfoStatus.READY:
        state = _spoken(info.status)
        raise invalid(f"Files of model version {full_name}/{version} cannot be read: it is {state}.", "INVALID_STATE")
    return volumes.inside(Path(str(info.storage_location)), parts[6:], path)


def _spoken(status: ModelVersionInfoStatus | None) -> str:
    return status.value if status else "without status"
