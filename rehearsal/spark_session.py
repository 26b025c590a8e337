"""Opens Spark Connect sessions for the rehearsal's own use."""

from __future__ import annotations

import atexit

from pyspark.sql import SparkSession

# A session that nobody holds any more is closed by the garbage collector, wherever it happens to run: within another
# session's call to gRPC that never ends. Few are opened, so all are held until the process ends.
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
