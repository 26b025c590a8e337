"""Starts PostgreSQL when the first online store needs it, and stops it with the platform."""

from __future__ import annotations

import threading

from rehearsal.workspace.context import Platform
from rehearsal.workspace.online_store import pipelines, stores
from rehearsal.workspace.online_store.postgres import Postgres
from rehearsal.workspace.online_store.refresher import Refresher

_lock = threading.Lock()
_platform: Platform | None = None
_postgres: Postgres | None = None
_refresher: Refresher | None = None


def start(platform: Platform) -> None:
    """Bring back the stores and carry on with what was being published, in the background."""
    global _platform, _refresher
    _platform = platform
    _refresher = Refresher(platform, postgres)
    with platform.store.transaction() as tx:
        stored = stores.any_stored(tx)
    if stored:
        # Endpoints ask for it as soon as they load: it starts beside them, and what was under way goes on.
        threading.Thread(target=_resume, args=(platform,), daemon=True, name="online-store-resume").start()


def stop() -> None:
    """Let running pipelines come to their end, then stop the server."""
    global _platform, _postgres, _refresher
    if _refresher is not None:
        _refresher.stop()
    with _lock:
        _platform = _refresher = None
        if _postgres is not None:
            _postgres.stop()
        _postgres = None


def postgres() -> Postgres:
    """The running server; started when it is first asked for. Raises RuntimeError when there is none to start."""
    global _postgres
    with _lock:
        if _platform is None:
            raise RuntimeError("the online stores are not started")
        if _postgres is None:
            made = Postgres(_platform)
            made.start()
            threading.Thread(target=made.watch, daemon=True, name="postgres-watch").start()
            _postgres = made
        return _postgres


def refresher() -> Refresher:
    """What runs the pipelines."""
    if _refresher is None:
        raise RuntimeError("the online stores are not started")
    return _refresher


def _resume(platform: Platform) -> None:
    server = postgres()
    pipelines.sweep(platform, server)
    current = _refresher
    if current is not None:
        current.resume()
