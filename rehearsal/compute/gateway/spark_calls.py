"""The gateway's own calls to Spark, in the session of its client."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import grpc
from pyspark.sql.connect.proto import base_pb2, commands_pb2, relations_pb2
from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type
from pyspark.sql.types import StructType

SERVICE = "spark.connect.SparkConnectService"


class SparkCalls:
    """Calls for one session. All of them raise grpc.RpcError with Spark's own refusal."""

    def __init__(
        self, channel: grpc.Channel, metadata: tuple[tuple[str, str], ...], user: Any, session_id: str
    ) -> None:
        self._channel = channel
        self._metadata = metadata
        self._user = user
        self._session_id = session_id

    def schema(self, query: str) -> StructType:
        """Columns of a query's answer."""
        return self.schema_of(relations_pb2.Relation(sql=relations_pb2.SQL(query=query)))

    def schema_of(self, relation: Any) -> StructType:
        """Columns of a relation whose names are Spark's."""
        request = base_pb2.AnalyzePlanRequest(session_id=self._session_id, user_context=self._user)
        request.schema.plan.root.CopyFrom(relation)
        packed = self._call("unary_unary", "AnalyzePlan")(request.SerializeToString(), metadata=self._metadata)
        found = proto_schema_to_pyspark_data_type(base_pb2.AnalyzePlanResponse.FromString(packed).schema.schema)
        assert isinstance(found, StructType)
        return found

    def run(self, statement: str) -> None:
        """Run a statement to its end."""
        request = base_pb2.ExecutePlanRequest(
            session_id=self._session_id, user_context=self._user, operation_id=str(uuid.uuid4())
        )
        relation = relations_pb2.Relation(sql=relations_pb2.SQL(query=statement))
        request.plan.command.sql_command.CopyFrom(commands_pb2.SqlCommand(input=relation))
        for _ in self._call("unary_stream", "ExecutePlan")(request.SerializeToString(), metadata=self._metadata):
            pass

    def configure(self, settings: Mapping[str, str]) -> None:
        """Change settings of the session."""
        request = base_pb2.ConfigRequest(session_id=self._session_id, user_context=self._user)
        for name, value in settings.items():
            request.operation.set.pairs.add(key=name, value=value)
        self._call("unary_unary", "Config")(request.SerializeToString(), metadata=self._metadata)

    def begin_with(self, settings: Mapping[str, str]) -> None:
        """Begin the session, which Spark does not know yet, with settings that it looks at but once, at the beginning.

        Nobody can set them before: but a session that is cloned begins with all settings of the other.
        """
        other = SparkCalls(self._channel, self._metadata, self._user, str(uuid.uuid4()))
        other.configure(settings)
        clone = base_pb2.CloneSessionRequest(
            session_id=other._session_id, user_context=self._user, new_session_id=self._session_id
        )
        self._call("unary_unary", "CloneSession")(clone.SerializeToString(), metadata=self._metadata)
        release = base_pb2.ReleaseSessionRequest(session_id=other._session_id, user_context=self._user)
        self._call("unary_unary", "ReleaseSession")(release.SerializeToString(), metadata=self._metadata)

    def _call(self, kind: str, method: str) -> Callable[..., Any]:
        made: Callable[..., Any] = getattr(self._channel, kind)(f"/{SERVICE}/{method}")
        return made
