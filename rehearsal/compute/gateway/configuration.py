"""Which Spark settings a client may change: those that cannot lead past the catalog, as on serverless compute."""

from __future__ import annotations

from typing import Any

import grpc

from rehearsal.compute.gateway.refusals import Refusal

_ALLOWED = (
    "spark.sql.shuffle.partitions",
    "spark.sql.session.timeZone",
    "spark.sql.ansi.enabled",
    "spark.sql.adaptive.",
    "spark.sql.execution.arrow.",
    "spark.sql.execution.pandas.",
    "spark.sql.execution.pythonUDF.",
    "spark.sql.legacy.timeParserPolicy",
    "spark.sql.autoBroadcastJoinThreshold",
    "spark.sql.broadcastTimeout",
    "spark.sql.files.maxPartitionBytes",
    "spark.sql.crossJoin.enabled",
    "spark.sql.caseSensitive",
    "spark.sql.sources.partitionOverwriteMode",
    "spark.sql.repl.eagerEval.",
    "spark.sql.streaming.stateStore.providerClass",
    "spark.sql.timestampType",
    "spark.databricks.delta.",
    "spark.databricks.optimizer.",
)
# pyspark's builder sends its own settings along when a session is made.
_IGNORED = frozenset({"spark.remote", "spark.app.name"})


def check(request: Any) -> None:
    """Drop settings that mean nothing here, refuse those that are locked. Raises Refusal."""
    operation = request.operation
    kind = operation.WhichOneof("op_type")
    if kind == "set":
        kept = [pair for pair in operation.set.pairs if pair.key not in _IGNORED]
        del operation.set.pairs[:]
        operation.set.pairs.extend(kept)
        keys = [pair.key for pair in kept]
    elif kind == "unset":
        keys = list(operation.unset.keys)
    else:
        return
    for key in keys:
        if not any(key == allowed or (allowed.endswith(".") and key.startswith(allowed)) for allowed in _ALLOWED):
            raise Refusal(
                grpc.StatusCode.INVALID_ARGUMENT,
                f"Configuration {key} is not available.",
                "CONFIG_NOT_AVAILABLE",
                "42K0I",
            )
