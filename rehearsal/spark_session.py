"""Opens Spark Connect sessions for the rehearsal's own use."""

from __future__ import annotations

import atexit

from pyspark.sql import SparkSession

# pyspark closes a session that nobody holds any more in its finalizer, in whatever thread the garbage collector runs,
# and waits there, under a lock of all sessions, for their pending calls. Where that thread is the one that answers such
# a call (a gateway's, in this very process), neither ends. Few sessions are opened, so all are held.
_held: list[SparkSession] = []


def open_session(url: str) -> SparkSession:
    """A new session at a Spark Connect URL.

    pyspark would clean a cache of models on the server when the process exits, and retries for minutes when the server
    is gone by then. Nothing here uses that cache, so the hook is taken back.
    """
    session: SparkSession = SparkSession.builder.remote(url).create()
    atexit.unregister(session.client._cleanup_ml_cache)
    _held.append(session)
    return session


def stop_sessions() -> None:
    """Close every session of this process while what it talks to still runs."""
    for session in _held:
        session.stop()
