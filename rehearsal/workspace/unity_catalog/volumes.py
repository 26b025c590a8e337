"""Volumes: managed folders of files, reached as `/Volumes/<catalog>/<schema>/<volume>/...`."""

from __future__ import annotations

import uuid
from pathlib import Path, PurePosixPath

from databricks.sdk.service.catalog import VolumeInfo, VolumeType

from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.errors import already_exists, invalid
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import access, managed_storage, securables, storage
from rehearsal.workspace.unity_catalog.names import part
from rehearsal.workspace.unity_catalog.privileges import MANAGE, SCHEMA, VOLUME

ROOT = "/Volumes"
_LONGEST_NAME, _LONGEST_PATH = 255, 1024  # bytes of a name, characters of a path


def find(tx: Transaction, full_name: str) -> VolumeInfo:
    """The volume, as stored: `storage_location` is a local folder. Raises DatabricksError 404."""
    return VolumeInfo.from_dict(securables.find(tx, VOLUME, full_name))


def create(tx: Transaction, principal: Principal, platform: Platform, wanted: VolumeInfo) -> VolumeInfo:
    """Make a managed volume. Raises DatabricksError 403 without CREATE VOLUME, 409 when the name is taken."""
    catalog, schema = part(wanted.catalog_name, "catalog_name"), part(wanted.schema_name, "schema_name")
    name = part(wanted.name)
    full_name = f"{catalog}.{schema}.{name}"
    if wanted.volume_type != VolumeType.MANAGED:
        raise invalid("Only managed volumes can be created: this metastore has no external volumes.")
    access.require(tx, principal, SCHEMA, f"{catalog}.{schema}", "CREATE_VOLUME")
    if securables.read(tx, VOLUME, full_name) is not None:
        raise already_exists(f"Volume '{full_name}' already exists", "VOLUME_ALREADY_EXISTS")
    now = storage.now()
    folder = managed_storage.new_folder(platform, catalog, schema, "volumes")
    folder.mkdir(parents=True)
    volume = VolumeInfo(
        name=name,
        catalog_name=catalog,
        schema_name=schema,
        full_name=full_name,
        volume_type=VolumeType.MANAGED,
        volume_id=str(uuid.uuid4()),
        storage_location=str(folder),
        comment=wanted.comment,
        owner=principal.name,
        metastore_id=storage.METASTORE_ID,
        created_at=now,
        created_by=principal.name,
        updated_at=now,
        updated_by=principal.name,
    )
    securables.write(tx, VOLUME, full_name, volume.as_dict())
    return volume


def delete(tx: Transaction, principal: Principal, full_name: str) -> Path:
    """Drop the volume; returns its folder, which the caller removes once the transaction is durable."""
    access.require(tx, principal, VOLUME, full_name, MANAGE)
    folder = Path(str(find(tx, full_name).storage_location))
    securables.remove(tx, VOLUME, full_name)
    return folder


def resolve(tx: Transaction, principal: Principal, path: str, privilege: str) -> Path:
    """The local path of `/Volumes/c/s/v/dir/file`, which need not exist.

    Raises DatabricksError: 403 without the privilege (READ_VOLUME, WRITE_VOLUME), 404 without such a volume, 400 for a
    path that is none or that climbs out of its volume.
    """
    full_name, below = split(path)
    access.require(tx, principal, VOLUME, full_name, privilege)
    return inside(Path(str(find(tx, full_name).storage_location)), below, path)


def split(path: str) -> tuple[str, tuple[str, ...]]:
    """The volume's full name and the path's parts below it. Raises DatabricksError 400."""
    parts = PurePosixPath(path).parts
    if len(parts) < 5 or parts[:2] != ("/", "Volumes"):
        raise invalid(f"Invalid path: {path}. Paths start with {ROOT}/<catalog>/<schema>/<volume>.")
    return ".".join(part(level) for level in parts[2:5]), parts[5:]


def inside(folder: Path, below: tuple[str, ...], path: str) -> Path:
    """A path below a folder; refuses `..`, NUL, links that lead out of it and names that no file system takes.

    Raises DatabricksError 400.
    """
    if any(level in ("", ".", "..") or "\x00" in level for level in below):
        raise invalid(f"Invalid path: {path!r}")
    if any(len(level.encode(errors="surrogatepass")) > _LONGEST_NAME for level in below) or len(path) > _LONGEST_PATH:
        raise invalid(f"Invalid path: '{path[:_LONGEST_NAME]}...' is too long, or one of its names is.")
    target = folder.joinpath(*below)
    if not target.resolve().is_relative_to(folder.resolve()):
        raise invalid(f"Invalid path: {path!r}")
    return target
