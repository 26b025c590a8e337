"""Limits of Model Serving, and how an endpoint says that it cannot answer now.

https://learn.microsoft.com/azure/databricks/machine-learning/model-serving/model-serving-limits
"""

from __future__ import annotations

from rehearsal.workspace.errors import DatabricksError

SCORING_SECONDS = 297
MAX_REQUEST_BYTES = 16 * 1024 * 1024
# How many requests may wait for one served entity; on Databricks, too, what is beyond its queue gets 429.
MAX_WAITING = 1000


def unavailable(message: str) -> DatabricksError:
    """The endpoint cannot answer now, but will (503; databricks-sdk tries again)."""
    return DatabricksError(503, "TEMPORARILY_UNAVAILABLE", message)


def too_many_waiting(entity: str) -> DatabricksError:
    """The served entity's queue is full (429)."""
    return DatabricksError(
        429, "REQUEST_LIMIT_EXCEEDED", f"Exceeded the number of requests that may wait for served entity '{entity}'."
    )
