"""Opens Spark Connect sessions for the rehearsal's own use."""

from __future__ import annotations

import atexit

from pyspark.sql import SparkSession
from pyspark.sql.connect.client.retries import DefaultPolicy

# After 0.05, 0.2 and 0.8 s: what is asked runs on this machine, and was there before the session. pyspark would ask for
# ten minutes, and a workspace that stops waits for the threads that ask.
_ATTEMPTS_AGAIN = 3
# pyspark closes a session that nobody holds any more in its finalizer, in whatever thread the garbage collector runs,
# and waits there, under a lock of all sessions, for their pending calls. Where that thread is the one that answers such
# a call (a gateway's, in this very process), neither ends. Few sessions are opened, so all are held.
_held: list[SparkSession] = []


def open_session(url: str) -> SparkSession:
    """A new session at a Spark Connect URL.

    Calls to a Spark that is gone fail after some seconds. pyspark would clean a cache of models on the server when the
    process exits; nothing here uses that cache, so the hook is taken back.
    """
    session: SparkSession = SparkSession.builder.remote(url).create()
    session.client.set_retry_policies([DefaultPolicy(max_retries=_ATTEMPTS_AGAIN)])
    atexit.unregister(session.client._cleanup_ml_cache)
    _held.append(session)
    return session


def stop_sessions() -> None:
    """Close every session of this process; one whose Spark is gone has nothing left to close there."""
    for session in _held:
        session.client.set_retry_policies([])
        session.stop()
