"""Opening the tracking stores while the rest of the workspace starts: importing MLflow's server takes seconds."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.workspace.context import WORKSPACES, Platform

if TYPE_CHECKING:
    from rehearsal.workspace.mlflow.tracking import Tracking

_TEMPLATES = Path(__file__).parents[3] / ".understudy" / "mlflow"  # of all workspaces of the checkout
_opened: Future[Tracking] | None = None


def start(platform: Platform) -> None:
    """Begin to open every workspace's store; requests that come earlier wait for it."""
    global _opened
    executor = ThreadPoolExecutor(1, thread_name_prefix="mlflow-start")
    _opened = executor.submit(_open, platform)
    executor.shutdown(wait=False)


def stop() -> None:
    """Close the databases."""
    global _opened
    if _opened is not None and _opened.exception() is None:
        _opened.result().close()
    _opened = None


def tracking() -> Tracking:
    """The tracking service, once it is open. Raises what went wrong when it could not be."""
    if _opened is None:
        raise RuntimeError("The MLflow service has not been started.")
    return _opened.result()


def _open(platform: Platform) -> Tracking:
    from mlflow.version import VERSION

    from rehearsal.workspace.mlflow.tracking import Tracking
    from rehearsal.workspace.mlflow.tracking_store import open_store

    folder, template = platform.home / "mlflow", _TEMPLATES / f"template-{VERSION}.sqlite"
    return Tracking({name: open_store(folder / f"{name}.sqlite", template) for name in WORKSPACES})
