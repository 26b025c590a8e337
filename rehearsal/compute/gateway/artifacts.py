"""Files that a client sends along for its Python functions. Code for the JVM and other places are refused.

Spark keeps a session's files apart from other sessions', and with them whatever it compiles for the session. The next
run of a job, which is a session of its own, would compile every plan again: so the sessions of jobs' tasks, which have
their code from a wheel, take no files, and share what is compiled.
"""

from __future__ import annotations

from typing import Any

from rehearsal.compute.gateway.refusals import forbidden
from rehearsal.compute.gateway.sessions import Session
from rehearsal.compute.gateway.spark_calls import SparkCalls

_DATA = "cache/"  # rows that a client makes a data frame of: Spark keeps them by session in any case
_ALLOWED = ("pyfiles/", "files/", "archives/", _DATA)
# Spark looks at these when it uses a session for the first time: what is set later counts in a clone of the session.
_TOGETHER = {
    "spark.sql.artifact.isolation.enabled": "false",
    "spark.sql.artifact.isolation.alwaysApplyClassloader": "false",
}


def share(session: Session, spark: SparkCalls) -> None:
    """Have a session that Spark does not know yet share what is compiled; nothing, where that has been done."""
    with session.lock:
        if not session.shares:
            spark.begin_with(_TOGETHER)
            session.shares = True


def check(request: Any, session: Session) -> None:
    """Raises Refusal for an artifact that is not for Python, or that the session cannot keep to itself."""
    found = [artifact.name for artifact in request.batch.artifacts]
    if request.HasField("begin_chunk"):
        found.append(request.begin_chunk.name)
    for name in found:
        if not name.startswith(_ALLOWED) or ".." in name:
            raise forbidden(f"The artifact {name!r}")
        if session.shares and not name.startswith(_DATA):
            raise forbidden(f"The artifact {name!r} of a task, whose Python code is in its wheel or its libraries,")
