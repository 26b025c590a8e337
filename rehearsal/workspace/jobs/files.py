"""Files that tasks name: of volumes, read as the run's principal."""

from __future__ import annotations

from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.errors import invalid, not_found
from rehearsal.workspace.unity_catalog import volumes


def check(field: str, path: object, source: object) -> None:
    """Raises DatabricksError 400 unless it is a file that this workspace can have."""
    if not isinstance(path, str) or not path:
        raise invalid(f"{field} is required.")
    if source == "GIT":
        raise invalid(f"{field}: source GIT is not supported by this workspace.")
    if not path.startswith("/Volumes/"):
        raise invalid(f"{field} is '{path}': only files of volumes (/Volumes/…) are supported by this workspace.")


def read(platform: Platform, principal: Principal, path: str) -> bytes:
    """The file's content. Raises DatabricksError 403, 404."""
    with platform.store.transaction() as tx:
        source = volumes.resolve(tx, principal, path, "READ_VOLUME")
    try:
        return source.read_bytes()
    except OSError as error:
        raise not_found(f"File {path} does not exist.") from error
