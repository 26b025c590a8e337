"""Where the artifacts of runs, logged models and traces are, and writing them so that a file is whole or not there."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, BinaryIO

from fastapi.concurrency import run_in_threadpool

from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import invalid

LOGGED_MODELS = "logged_models"
ARTIFACTS = "artifacts"


def root(platform: Platform, workspace: str) -> Path:
    """The folder of all artifacts of a workspace; below it the layout of `dbfs:/databricks/mlflow-tracking`."""
    return platform.home / "storage" / "mlflow" / workspace


def run_folder(experiment_id: str, run_id: str) -> str:
    """A run's (or a trace's) artifact folder, relative to the root."""
    return f"{experiment_id}/{run_id}/{ARTIFACTS}"


def model_folder(experiment_id: str, model_id: str) -> str:
    """A logged model's artifact folder, relative to the root."""
    return f"{experiment_id}/{LOGGED_MODELS}/{model_id}/{ARTIFACTS}"


def inside(folder: str, path: str) -> str:
    """`path` below `folder`, both relative to the root. Raises DatabricksError 400 for a path that leads out of it."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts or "\0" in path or path.startswith("/"):
        raise invalid(f"Invalid artifact path: '{path}'")
    return "/".join([folder, *parts])


def listing(platform: Platform, workspace: str, folder: str, path: str) -> list[dict[str, Any]]:
    """FileInfo of what is directly below `path` (a file lists itself), as MLflow's list calls answer it."""
    base = root(platform, workspace) / folder
    target = root(platform, workspace) / inside(folder, path)
    if target.is_file():
        return [_info(base, target)]
    if not target.is_dir():
        return []
    return [_info(base, entry) for entry in sorted(target.iterdir()) if not is_unfinished(entry)]


def _info(base: Path, entry: Path) -> dict[str, Any]:
    info: dict[str, Any] = {"path": entry.relative_to(base).as_posix(), "is_dir": entry.is_dir()}
    if not info["is_dir"]:
        info["file_size"] = entry.stat().st_size
    return info


def is_unfinished(entry: Path) -> bool:
    """Is this the draft of an upload that is under way, or was cut off?"""
    return entry.name.startswith(".upload-")


class Draft:
    """A file on its way: written beside its place, durable and then moved into it by `publish`."""

    def __init__(self, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        self._target = target
        self._path = target.parent / f".upload-{uuid.uuid4().hex}"
        self.file: BinaryIO = self._path.open("wb")

    def publish(self) -> None:
        """Put the file in its place, replacing what was there."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        self._path.replace(self._target)
        directory = os.open(self._target.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def discard(self) -> None:
        """Forget a file that did not arrive whole."""
        self.file.close()
        self._path.unlink(missing_ok=True)


async def receive(target: Path, chunks: AsyncIterator[bytes]) -> None:
    """Write a file that arrives in chunks; a connection that breaks leaves what was there before."""
    draft = await run_in_threadpool(Draft, target)
    try:
        async for chunk in chunks:
            await run_in_threadpool(draft.file.write, chunk)
        await run_in_threadpool(draft.publish)
    except BaseException:
        draft.discard()
        raise
