"""Plans under way: what has to happen in the catalog when they succeed, whichever stream reports it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql.connect.proto import base_pb2

from rehearsal.compute.gateway.tables import Effect

Key = tuple[str, str, str]


@dataclass
class Operation:
    """A plan under way."""

    effects: list[Effect] = field(default_factory=list)
    # The relation that spark.sql() sent: its answer refers to it, and must do so by the client's names.
    relation: Any = None


class Operations:
    """Plans whose responses need attention, by principal, session and operation; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Key, Operation] = {}

    def add(self, key: Key, operation: Operation) -> None:
        """Watch a plan."""
        with self._lock:
            self._known[key] = operation

    def forget(self, key: Key) -> None:
        """The plan has failed, or its client has let it go."""
        with self._lock:
            self._known.pop(key, None)

    def response(self, key: Key, packed: bytes) -> bytes:
        """A response on its way to the client; the last one leaves only after the catalog knows of the new tables."""
        with self._lock:
            operation = self._known.get(key)
        if operation is None:
            return packed
        response = base_pb2.ExecutePlanResponse.FromString(packed)
        kind = response.WhichOneof("response_type")
        if kind == "sql_command_result" and operation.relation is not None:
            returned = response.sql_command_result.relation.WhichOneof("rel_type")
            if returned in ("sql", "with_relations"):
                response.sql_command_result.relation.CopyFrom(operation.relation)
                return bytes(response.SerializeToString())
        if kind == "result_complete":
            with self._lock:
                finished = self._known.pop(key, None)
            for effect in finished.effects if finished else ():
                effect()
        return packed
