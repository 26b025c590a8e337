"""The gRPC side: authenticates, has requests checked and rewritten, and passes responses on as they come."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any, NoReturn

import grpc
from pyspark.sql.connect.proto import base_pb2

from rehearsal.compute.gateway import artifacts, auditing, callers, configuration, effort, statements
from rehearsal.compute.gateway.callers import Caller
from rehearsal.compute.gateway.messages import Messages
from rehearsal.compute.gateway.operations import Operation, Operations
from rehearsal.compute.gateway.plans import PlanRewriter
from rehearsal.compute.gateway.refusals import STATUS_TRAILER, Refusal, forbidden, from_catalog
from rehearsal.compute.gateway.sessions import Sessions
from rehearsal.compute.gateway.spark_calls import SERVICE, SparkCalls
from rehearsal.compute.gateway.tables import Tables
from rehearsal.workspace import processes
from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.unity_catalog import lineage

_THREADS = 64
_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
]
# CloneSession could copy temporary views between principals' sessions; pyspark does not need it.
_METHODS = {method.name: method for method in base_pb2.DESCRIPTOR.services_by_name["SparkConnectService"].methods}
_REFUSED_METHODS = frozenset({"CloneSession"})
_RESUMABLE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
log = logging.getLogger(__name__)


class Gateway(grpc.GenericRpcHandler):  # type: ignore[misc]
    """One workspace's Spark Connect endpoint."""

    def __init__(self, platform: Platform, workspace: str, spark_token: str) -> None:
        self._platform = platform
        self._workspace = workspace
        self._messages = Messages(platform)
        self._operations = Operations()
        self._sessions = Sessions(platform.store, workspace)
        self._spark_token = spark_token
        self._spark_metadata = (("authorization", f"Bearer {spark_token}"),)
        self._channel = grpc.insecure_channel(f"127.0.0.1:{platform.ports.spark}", options=_OPTIONS)
        workers = futures.ThreadPoolExecutor(_THREADS, thread_name_prefix=f"gateway-{workspace}")
        self._server = grpc.server(workers, handlers=[self], options=_OPTIONS)
        self._server.add_insecure_port(f"localhost:{platform.ports.gateway(workspace)}")

    def start(self) -> None:
        """Listen."""
        self._server.start()

    def stop(self) -> None:
        """Stop listening; streams get a moment to end."""
        self._server.stop(grace=1).wait()
        self._channel.close()

    def service(self, details: Any) -> Any:
        """The handler of a method, as gRPC asks for it."""
        service, _, name = details.method.lstrip("/").partition("/")
        if service != SERVICE or name not in _METHODS:
            return None
        method = _METHODS[name]
        if method.client_streaming:
            return grpc.stream_unary_rpc_method_handler(lambda items, context: self._upload(name, items, context))
        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(lambda raw, context: self._stream(name, raw, context))
        return grpc.unary_unary_rpc_method_handler(lambda raw, context: self._single(name, raw, context))

    def _upload(self, name: str, items: Iterator[bytes], context: Any) -> bytes:
        refused: list[Exception] = []

        def checked(caller: Caller) -> Iterator[bytes]:
            try:
                for raw in items:
                    yield self._prepared(name, raw, caller)[0]
            except Exception as error:
                refused.append(error)
                raise  # so that gRPC ends the call, and Spark keeps nothing

        def call() -> bytes:
            requests = checked(self._caller(context))
            try:
                return bytes(self._channel.stream_unary(_path(name))(requests, metadata=self._spark_metadata))
            except grpc.RpcError:
                if refused:
                    raise refused[0] from None
                raise

        return self._guarded(context, call)

    def _single(self, name: str, raw: bytes, context: Any) -> bytes:
        def call() -> bytes:
            request, _ = self._prepared(name, raw, self._caller(context))
            response = bytes(self._channel.unary_unary(_path(name))(request, metadata=self._spark_metadata))
            if name == "AnalyzePlan":
                return self._messages.analysis(response)
            if name == "Config":
                return self._messages.settings(response)
            return self._messages.error_details(response) if name == "FetchErrorDetails" else response

        return self._guarded(context, call)

    def _stream(self, name: str, raw: bytes, context: Any) -> Iterator[bytes]:
        key = None
        try:
            request, key = self._prepared(name, raw, self._caller(context))
            responses = self._channel.unary_stream(_path(name))(request, metadata=self._spark_metadata)
            context.add_callback(responses.cancel)
            for response in responses:
                yield self._operations.response(key, response) if key else response
        except Exception as error:
            # A client whose connection broke comes back for the rest by ReattachExecute.
            if key and not (isinstance(error, grpc.RpcError) and error.code() in _RESUMABLE):
                self._operations.fail(key)
            self._fail(context, error)

    def _prepared(self, name: str, raw: bytes, caller: Caller) -> tuple[bytes, tuple[str, str, str] | None]:
        """The request for Spark, and the key of the plan that it is about."""
        if name in _REFUSED_METHODS:
            raise forbidden(name)
        principal = caller.principal
        request: Any = getattr(base_pb2, _METHODS[name].input_type.name).FromString(raw)
        request.DiscardUnknownFields()
        # Spark keeps sessions by user and id: nobody gets into another principal's session by knowing its id, nor by
        # another workspace into one of his own, whose temporary views may show what is not to be seen from there.
        request.user_context.Clear()
        request.user_context.user_id = f"{self._workspace}:{principal.name}"
        request.user_context.user_name = principal.name
        key = None
        session = self._sessions.get(principal.name, request.session_id)
        if caller.entity and processes.workers_address():
            artifacts.share(session, self._spark(request))
        if name == "ExecutePlan":
            request.operation_id = request.operation_id or str(uuid.uuid4())
            key = (principal.name, request.session_id, request.operation_id)
            self._rewrite(request, caller, key)
        elif name == "ReattachExecute":
            key = (principal.name, request.session_id, request.operation_id)
        elif name == "AnalyzePlan":
            if request.HasField("input_files"):
                raise forbidden("Listing the files of a table")
            PlanRewriter(self._tables(request, principal), executes=False).rewrite(request)
        elif name == "ReleaseSession":
            self._sessions.forget(principal.name, request.session_id)
        elif name == "Config":
            configuration.check(request)
        elif name == "AddArtifacts":
            artifacts.check(request, session)
        return request.SerializeToString(), key

    def _rewrite(self, request: Any, caller: Caller, key: tuple[str, str, str]) -> None:
        principal, relation = caller.principal, None
        if request.plan.command.WhichOneof("command_type") == "sql_command":
            command = request.plan.command.sql_command
            if command.HasField("input"):
                relation = type(command.input)()
                relation.CopyFrom(command.input)
        tables = self._tables(request, principal)
        session = tables.session
        session.entity = caller.entity or session.entity
        try:
            PlanRewriter(tables, executes=True).rewrite(request.plan)
            effort.suit(tables)
        except Exception as error:
            auditing.refused(tables, error, request.session_id)
            for undo in tables.undo:
                undo()
            raise
        auditing.used(tables, request.session_id)
        if tables.writes and tables.reads:
            tables.effects.append(lambda: self._record_lineage(tables))
        operation = Operation(
            tables.effects, tables.undo, relation, self._messages.rows if tables.shows_paths else None
        )
        if request.plan.command.HasField("checkpoint_command"):
            operation.effects.append(lambda: session.frames.update({operation.checkpoint: frozenset(tables.reads)}))
        if operation.effects or relation is not None or tables.shows_paths:
            self._operations.add(key, operation)

    def _tables(self, request: Any, principal: Principal) -> Tables:
        session = self._sessions.get(principal.name, request.session_id)
        return Tables(self._platform, principal, session, self._spark(request), statements)

    def _spark(self, request: Any) -> SparkCalls:
        return SparkCalls(self._channel, self._spark_metadata, request.user_context, request.session_id)

    def _record_lineage(self, tables: Tables) -> None:
        principal = tables.principal
        with self._platform.store.transaction() as tx:
            entity = tables.session.entity
            lineage.record(tx, tables.reads, tables.writes, principal.name, principal.workspace, entity)

    def _caller(self, context: Any) -> Caller:
        return callers.authenticate(self._platform, self._workspace, self._spark_token, context)

    def _guarded(self, context: Any, call: Callable[[], bytes]) -> bytes:
        try:
            return call()
        except Exception as error:
            self._fail(context, error)

    def _fail(self, context: Any, error: Exception) -> NoReturn:
        """End the call with an error that pyspark understands and that names no path of this machine."""
        if isinstance(error, grpc.RpcError):
            trailers = [
                (key, self._messages.status(value) if key == STATUS_TRAILER else value)
                for key, value in error.trailing_metadata() or ()
                if key == STATUS_TRAILER or not key.startswith("grpc-")
            ]
            context.set_trailing_metadata(tuple(trailers))
            context.abort(error.code(), self._messages.scrub(error.details() or ""))
        if isinstance(error, DatabricksError):
            error = from_catalog(error, "")
        if not isinstance(error, Refusal):
            log.error("the gateway failed", exc_info=error)
            error = Refusal(grpc.StatusCode.INTERNAL, "The gateway failed. See the workspace's log.", "INTERNAL_ERROR")
        context.set_trailing_metadata(((STATUS_TRAILER, error.details()),))
        context.abort(error.code, error.message)
        raise AssertionError("abort always raises")


def _path(name: str) -> str:
    return f"/{SERVICE}/{name}"
