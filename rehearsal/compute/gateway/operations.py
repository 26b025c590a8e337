"""Plans under way: what has to happen in the catalog when they succeed, whichever stream reports it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql.connect.proto import base_pb2

from rehearsal.compute.gateway.tables import Effect

Key = tuple[str, str, str]


@dataclass
class Operation:
    """A plan under way."""

    effects: list[Effect] = field(default_factory=list)
    undo: list[Effect] = field(default_factory=list)
    # The relation that spark.sql() sent: its answer refers to it, and must do so by the client's names.
    relation: Any = None
    # What takes local paths out of the answer's rows, where they tell some.
    rows: Callable[[bytes], bytes] | None = None
    # The id that Spark gives to the data frame that a checkpoint keeps.
    checkpoint: str = ""


class Operations:
    """Plans whose responses need attention, by principal, session and operation; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Key, Operation] = {}

    def add(self, key: Key, operation: Operation) -> None:
        """Watch a plan."""
        with self._lock:
            self._known[key] = operation

    def fail(self, key: Key) -> None:
        """The plan has failed."""
        operation = self._taken(key)
        for undo in operation.undo if operation else ():
            undo()

    def response(self, key: Key, packed: bytes) -> bytes:
        """A response on its way to the client; the last one leaves only after the catalog knows of the new tables."""
        with self._lock:
            operation = self._known.get(key)
        if operation is None:
            return packed
        response = base_pb2.ExecutePlanResponse.FromString(packed)
        kind = response.WhichOneof("response_type")
        if kind == "sql_command_result":
            _show(response.sql_command_result.relation, operation)
            return bytes(response.SerializeToString())
        if kind == "arrow_batch" and operation.rows is not None:
            response.arrow_batch.data = operation.rows(response.arrow_batch.data)
            return bytes(response.SerializeToString())
        if kind == "checkpoint_command_result":
            operation.checkpoint = response.checkpoint_command_result.relation.relation_id
        if kind == "result_complete":
            finished = self._taken(key)
            for effect in finished.effects if finished else ():
                effect()
        return packed

    def _taken(self, key: Key) -> Operation | None:
        with self._lock:
            return self._known.pop(key, None)


def _show(relation: Any, operation: Operation) -> None:
    """What spark.sql() gives back: the client's own relation, or rows without local paths."""
    returned = relation.WhichOneof("rel_type")
    if returned in ("sql", "with_relations") and operation.relation is not None:
        relation.CopyFrom(operation.relation)
    elif returned == "local_relation" and operation.rows is not None:
        relation.local_relation.data = operation.rows(relation.local_relation.data)
