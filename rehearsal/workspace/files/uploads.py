"""Atomic writes: bytes go to a draft beside the data, reach the disk, and only then take the file's name."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from fastapi.concurrency import run_in_threadpool

from rehearsal.workspace import faults
from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import DatabricksError, already_exists, invalid
from rehearsal.workspace.unity_catalog import storage

_BUFFER_BYTES = 4 * 1024 * 1024


async def receive(platform: Platform, target: Path, path: str, stream: AsyncIterator[bytes], overwrite: bool) -> None:
    """Write a stream to `target`, holding a few megabytes at most. Raises DatabricksError 400 or 409.

    Args:
        path: what messages call the file.
    """
    draft = drafts(platform) / str(uuid.uuid4())
    await run_in_threadpool(_prepare, draft, target, path, overwrite)
    try:
        with draft.open("wb") as file:
            buffer = bytearray()
            async for chunk in stream:
                buffer += chunk
                if len(buffer) >= _BUFFER_BYTES:
                    await run_in_threadpool(file.write, bytes(buffer))
                    buffer.clear()
            await run_in_threadpool(_finish, file, bytes(buffer))
        faults.point("files.upload.written")
        await run_in_threadpool(_publish, draft, target, path, overwrite)
    finally:
        draft.unlink(missing_ok=True)


def drafts(platform: Platform) -> Path:
    """Where uploads are until they are whole: on the same disk as what they become."""
    return storage.root(platform) / ".drafts"


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _prepare(draft: Path, target: Path, path: str, overwrite: bool) -> None:
    if target.is_dir():
        raise invalid(f"The path is a directory: {path}", "INVALID_PARAMETER_VALUE")
    if target.exists() and not overwrite:
        raise _taken(path)
    draft.parent.mkdir(parents=True, exist_ok=True)


def _finish(file: IO[bytes], rest: bytes) -> None:
    file.write(rest)
    file.flush()
    os.fsync(file.fileno())


def _publish(draft: Path, target: Path, path: str, overwrite: bool) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if overwrite:
            draft.replace(target)
        else:
            # A link fails where the name has been taken meanwhile; a rename would replace the other's file.
            os.link(draft, target)
    except FileExistsError as error:
        raise _taken(path) from error
    except NotADirectoryError as error:
        raise invalid(f"A parent of the path is a file: {path}") from error
    sync_folder(target.parent)


def _taken(path: str) -> DatabricksError:
    return already_exists(f"The file being created already exists: {path}", "ALREADY_EXISTS")
