"""Rewrites a plan in place: every table, path and SQL text in it is checked and given the name that Spark knows.

The walk meets every message of the plan. Kinds of relations and commands that are not listed here are refused, so that
a newer client cannot ask for something that nobody has thought about.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message
from pyspark.sql.connect.proto import commands_pb2, expressions_pb2, relations_pb2

from rehearsal.compute.gateway import (
    catalog_messages,
    delta_messages,
    functions,
    identity,
    kafka,
    moments,
    names,
    parameters,
    sql_calls,
    sql_text,
    statements,
    views,
)
from rehearsal.compute.gateway.refusals import forbidden, unsupported
from rehearsal.compute.gateway.tables import Tables

_RELATIONS = frozenset(
    {
        "read",
        "project",
        "filter",
        "join",
        "set_op",
        "sort",
        "limit",
        "aggregate",
        "sql",
        "local_relation",
        "sample",
        "offset",
        "deduplicate",
        "range",
        "subquery_alias",
        "repartition",
        "to_df",
        "with_columns_renamed",
        "show_string",
        "drop",
        "tail",
        "with_columns",
        "hint",
        "unpivot",
        "to_schema",
        "repartition_by_expression",
        "map_partitions",
        "collect_metrics",
        "parse",
        "group_map",
        "co_group_map",
        "with_watermark",
        "apply_in_pandas_with_state",
        "html_string",
        "cached_local_relation",
        "cached_remote_relation",
        "common_inline_user_defined_table_function",
        "as_of_join",
        "with_relations",
        "transpose",
        "unresolved_table_valued_function",
        "lateral_join",
        "chunked_cached_local_relation",
        "fill_na",
        "drop_na",
        "replace",
        "summary",
        "crosstab",
        "describe",
        "cov",
        "corr",
        "approx_quantile",
        "freq_items",
        "sample_by",
        "catalog",
    }
)
_COMMANDS = frozenset(
    {
        "register_function",
        "write_operation",
        "create_dataframe_view",
        "write_operation_v2",
        "sql_command",
        "write_stream_operation_start",
        "streaming_query_command",
        "get_resources_command",
        "streaming_query_manager_command",
        "register_table_function",
        "streaming_query_listener_bus_command",
        "checkpoint_command",
        "remove_cached_remote_relation_command",
        "merge_into_table_command",
    }
)
_FILE_FORMATS = frozenset({"csv", "json", "parquet", "text", "orc", "binaryfile", "delta", "xml"})
_PATHLESS_FORMATS = frozenset({"rate", "rate-micro-batch"})
_SINKS = frozenset({"memory", "console", "noop"})
# Statements that only tell something: their frames may be looked at as queries' may.
_TELLING = frozenset({"SHOW", "DESCRIBE", "DESC"})
_SAVE = commands_pb2.WriteOperation.SaveTable.TABLE_SAVE_METHOD_SAVE_AS_TABLE


class PlanRewriter:
    """Rewrites the messages of one request."""

    def __init__(self, tables: Tables, executes: bool) -> None:
        self._tables = tables
        self._executes = executes  # otherwise the plan is only looked at, and must not do anything
        self._aside: list[Any] = []  # SQL that spark.sql() sent to be run, which may do more than read
        self._handlers: dict[str, Callable[[Any], bool | None]] = {
            "spark.connect.Relation": self._relation,
            "spark.connect.Command": self._command,
            "spark.connect.Read": self._read,
            "spark.connect.SQL": self._sql,
            "spark.connect.SqlCommand": self._sql_command,
            "spark.connect.WriteOperation": self._write,
            "spark.connect.WriteOperationV2": self._write_v2,
            "spark.connect.WriteStreamOperationStart": self._write_stream,
            "spark.connect.MergeIntoTableCommand": self._merge,
            "spark.connect.CreateDataFrameViewCommand": self._view,
            "spark.connect.CommonInlineUserDefinedFunction": self._function,
            "spark.connect.ScalarScalaUDF": self._foreign,
            "spark.connect.JavaUDF": self._foreign,
            "spark.connect.Expression.ExpressionString": self._expression,
            "spark.connect.Expression.UnresolvedFunction": self._called,
            "spark.connect.CallFunction": self._called,
            "spark.connect.UnresolvedTableValuedFunction": self._called,
            "spark.connect.Plan": self._plan,
            "spark.connect.Expression": self._term,
            "spark.connect.WithRelations": self._with_relations,
            "spark.connect.CachedRemoteRelation": self._kept_frame,
            "google.protobuf.Any": self._extension,
        }

    def rewrite(self, message: Message) -> None:
        """Rewrite a message and all that it holds. Raises Refusal."""
        handler = self._handlers.get(message.DESCRIPTOR.full_name)
        if handler is not None and handler(message):
            return
        for descriptor, value in message.ListFields():
            if descriptor.message_type is None:
                continue
            if descriptor.message_type.GetOptions().map_entry:
                if descriptor.message_type.fields_by_name["value"].message_type is not None:
                    for item in value.values():
                        self.rewrite(item)
            elif isinstance(value, Message):
                self.rewrite(value)
            else:
                for item in value:
                    self.rewrite(item)

    def _plan(self, plan: Any) -> None:
        if plan.HasField("compressed_operation"):
            raise unsupported("A compressed plan")

    def _extension(self, _: Any) -> None:
        raise forbidden("A plan's extension")

    def _relation(self, relation: Any) -> bool:
        """True when the relation is finished, and the walk need not go into it."""
        if relation.HasField("extension"):
            relation.CopyFrom(delta_messages.relation(relation.extension))
            self._let_run(relation)
        kind = relation.WhichOneof("rel_type")
        if kind not in _RELATIONS:
            raise unsupported(f"The relation {kind}")
        if kind == "catalog":
            catalog_messages.answer(relation, self._tables)
        if kind == "read" and relation.read.HasField("named_table"):
            return self._name_columns(relation)
        return False

    def _name_columns(self, relation: Any) -> bool:
        """Let `table.column` find its table although the table goes by its location from now on."""
        parts = names.split(relation.read.named_table.unparsed_identifier)
        if self._tables.is_temporary(parts) or names.is_path(parts):
            self._read(relation.read)
            return True
        name = self._tables.full_name(parts)
        below = relations_pb2.Relation()
        if relation.read.is_streaming:
            self._read(relation.read)
            below.read.CopyFrom(relation.read)
        else:
            self._options(relation.read.named_table.options, "READ_VOLUME")
            view, location = views.read(name, self._tables)
            if view is None:
                relation.read.named_table.unparsed_identifier = names.delta(location)
                below.read.CopyFrom(relation.read)
            else:
                below.sql.query = view
        relation.subquery_alias.input.CopyFrom(below)
        catalog, schema, own = name.split(".")
        relation.subquery_alias.alias = own
        relation.subquery_alias.qualifier.extend((catalog, schema))
        return True

    def _let_run(self, relation: Any) -> None:
        """The relation's SQL may do more than read: it came to be run, in a place where that is what SQL is for."""
        root = relation.with_relations.root if relation.HasField("with_relations") else relation
        if root.HasField("sql"):
            self._aside.append(root.sql)

    def _command(self, command: Any) -> None:
        if command.HasField("extension"):
            command.sql_command.input.sql.query = delta_messages.command(command.extension)
        kind = command.WhichOneof("command_type")
        if kind not in _COMMANDS:
            raise unsupported(f"The command {kind}")

    def _read(self, read: Any) -> None:
        if read.HasField("named_table"):
            self._read_table(read)
        elif read.HasField("data_source"):
            source = read.data_source
            self._options(source.options, "READ_VOLUME")
            if source.format.lower() == kafka.FORMAT and not source.paths:
                kafka.prepare(source.options, self._tables.platform.ports)
                return
            if source.format.lower() in _PATHLESS_FORMATS and not source.paths:
                return
            if (source.format and source.format.lower() not in _FILE_FORMATS) or source.predicates:
                raise unsupported(f"Reading from {source.format!r}")
            source.paths[:] = [self._tables.path(path, "READ_VOLUME") for path in source.paths]

    def _read_table(self, read: Any) -> None:
        table = read.named_table
        parts = names.split(table.unparsed_identifier)
        self._options(table.options, "READ_VOLUME")
        if self._tables.is_temporary(parts):
            self._tables.read_temporary(parts[0])
            return
        if names.is_path(parts):
            path = self._tables.path(parts[1], "READ_VOLUME")
            table.unparsed_identifier = f"{parts[0]}.{names.quoted(path)}"
            return
        location = self._tables.existing(self._tables.full_name(parts), "SELECT")
        if not read.is_streaming:
            table.unparsed_identifier = names.delta(location)
            return
        # Spark streams from a folder only as a data source.
        source = relations_pb2.Read.DataSource(format="delta", paths=[location], options=dict(table.options))
        read.data_source.CopyFrom(source)

    def _options(self, options: Any, privilege: str) -> None:
        """Paths in options are paths all the same."""
        for key in list(options):
            if key.lower().endswith(("path", "paths", "location", "file", "directory")):
                options[key] = self._tables.path(options[key], privilege)

    def _write(self, write: Any) -> None:
        self._options(write.options, "WRITE_VOLUME")
        if write.HasField("table"):
            self._require_delta(write.source)
            name = self._target(write.table.table_name)
            if write.table.save_method == _SAVE:
                write.source, write.path = "delta", self._tables.written(name)
            else:
                write.table.table_name = names.delta(self._tables.existing(name, "MODIFY"))
        elif write.HasField("path"):
            if write.source and write.source.lower() not in _FILE_FORMATS:
                raise unsupported(f"Writing to {write.source!r}")
            write.path = self._tables.path(write.path, "WRITE_VOLUME")
        elif write.source.lower() == kafka.FORMAT:
            kafka.prepare(write.options, self._tables.platform.ports)
        elif write.source.lower() not in _SINKS:
            raise unsupported(f"Writing to {write.source!r}")

    def _write_v2(self, write: Any) -> None:
        modes = commands_pb2.WriteOperationV2
        self._options(write.options, "WRITE_VOLUME")
        self._options(write.table_properties, "WRITE_VOLUME")
        self._require_delta(write.provider)
        name = self._target(write.table_name)
        properties = dict(write.table_properties)
        if write.mode == modes.MODE_CREATE:
            location = self._tables.new(name, properties=properties)
        elif write.mode in (modes.MODE_REPLACE, modes.MODE_CREATE_OR_REPLACE):
            new = write.mode == modes.MODE_CREATE_OR_REPLACE and not self._tables.exists(name)
            location = (
                self._tables.new(name, properties=properties)
                if new
                else self._tables.existing(name, "MODIFY", "MANAGE")
            )
        else:
            location = self._tables.existing(name, "MODIFY")
        write.table_name = names.delta(location)
        if write.mode in (modes.MODE_CREATE, modes.MODE_REPLACE, modes.MODE_CREATE_OR_REPLACE):
            write.provider = "delta"

    def _write_stream(self, write: Any) -> bool:
        self.rewrite(write.input)
        self._options(write.options, "WRITE_VOLUME")
        for function in ("foreach_batch", "foreach_writer"):
            if write.HasField(function):
                if getattr(write, function).WhichOneof("function") != "python_function":
                    raise forbidden("A function in Java or Scala")
                self._tables.session.batch_reads |= self._tables.reads
                return True
        if write.WhichOneof("sink_destination") == "table_name":
            self._require_delta(write.format)
            location = self._stream_target(write)
            write.format, write.path = "delta", location
        elif write.WhichOneof("sink_destination") == "path":
            if write.format.lower() not in _FILE_FORMATS:
                raise unsupported(f"Streaming to {write.format!r}")
            write.path = self._tables.path(write.path, "WRITE_VOLUME")
        elif write.format.lower() == kafka.FORMAT:
            kafka.prepare(write.options, self._tables.platform.ports)
        elif write.format.lower() not in _SINKS:
            raise unsupported(f"Streaming to {write.format!r}")
        elif write.format.lower() == "memory":
            self._tables.make_temporary_view(write.query_name)
        return True

    def _stream_target(self, write: Any) -> str:
        """A new table is there before the stream starts, as on Databricks: empty, with the stream's columns."""
        name = self._target(write.table_name)
        if self._tables.exists(name):
            return self._tables.existing(name, "MODIFY")
        location = self._tables.new(name)
        fields = self._tables.spark.schema_of(write.input).fields
        columns = ", ".join(f"{names.quoted(field.name)} {field.dataType.simpleString()}" for field in fields)
        by = ", ".join(names.quoted(column) for column in write.partitioning_column_names)
        self._tables.spark.run(
            f"CREATE TABLE {names.delta(location)} ({columns}) USING delta" + (f" PARTITIONED BY ({by})" if by else "")
        )
        return location

    def _merge(self, merge: Any) -> None:
        location = self._tables.existing(self._target(merge.target_table_name), "SELECT", "MODIFY")
        merge.target_table_name = names.delta(location)

    def _view(self, view: Any) -> bool:
        if view.is_global:
            raise forbidden("A global temporary view")
        if len(names.split(view.name)) != 1:
            raise unsupported("A temporary view in a schema")
        self.rewrite(view.input)
        self._tables.make_temporary_view(names.split(view.name)[0])
        return True

    def _with_relations(self, relations: Any) -> None:
        """`spark.sql("… {frame}", frame=frame)`: data frames that go by names in the text."""
        for reference in relations.references:
            if reference.HasField("subquery_alias"):
                self._tables.local.add(reference.subquery_alias.alias.lower())

    def _kept_frame(self, frame: Any) -> None:
        """A data frame that the server keeps: a checkpoint, or the batch of a stream."""
        session = self._tables.session
        self._tables.unmeasured = True
        self._tables.reads |= session.frames.get(frame.relation_id, frozenset(session.batch_reads))

    def _term(self, term: Any) -> None:
        """`F.current_user()`, `F.current_timestamp()` and their like stand for what the gateway knows."""
        kind = term.WhichOneof("expr_type")
        if kind not in ("unresolved_function", "call_function"):
            return
        call = getattr(term, kind)
        name = call.function_name.lower()
        if name in sql_calls.MEMBER:
            array = expressions_pb2.Expression()
            array.unresolved_function.function_name = "array"
            for group in identity.groups(name, self._tables) or [""]:
                array.unresolved_function.arguments.add().literal.string = group
            arguments = [array, *call.arguments]
            term.unresolved_function.function_name = "array_contains"
            del term.unresolved_function.arguments[:]
            term.unresolved_function.arguments.extend(arguments)
        elif (answer := identity.answered(name, self._tables)) is not None:
            term.literal.string = answer
        elif not call.arguments and (change := moments.term(name, self._tables)) is not None:
            change(term)

    def _function(self, function: Any) -> None:
        if function.WhichOneof("function") != "python_udf":
            raise forbidden("A function in Java or Scala")

    def _foreign(self, _: Any) -> None:
        raise forbidden("A function in Java or Scala")

    def _called(self, call: Any) -> None:
        name = call.function_name
        own = name.rpartition(".")[2].strip("`").lower()
        if own in sql_calls.FORBIDDEN or names.RESERVED in name.lower():
            raise forbidden(f"The function {name}")
        parts = names.split(name) if name.replace("_", "").replace(".", "").replace("`", "").isalnum() else []
        if parts and (len(parts) > 1 or sql_calls.may_be_own(parts[0])):
            call.function_name = functions.taught(parts, self._tables) or name

    def _expression(self, expression: Any) -> None:
        expression.expression = statements.expression(expression.expression, self._tables)

    def _sql(self, sql: Any) -> None:
        parameters.bind(sql)
        statement = sql_text.analyse(sql.query)
        told = statement.text.split(maxsplit=1)[0].upper() in _TELLING
        ordered = self._executes and any(sql is one for one in self._aside)
        if not (statement.query or told or ordered):
            raise unsupported("A statement that is not a query, within a plan")
        sql.query = statements.run(statement, self._tables)

    def _sql_command(self, command: Any) -> None:
        if command.sql:
            command.sql = statements.run(sql_text.analyse(command.sql), self._tables)
        self._let_run(command.input)

    def _target(self, text: str) -> str:
        parts = names.split(text)
        if names.is_path(parts):
            raise forbidden(f"Writing to a path by {parts[0]}.`...`")
        return self._tables.full_name(parts)

    @staticmethod
    def _require_delta(source: str) -> None:
        if source and source.lower() != "delta":
            raise unsupported(f"A table of format {source}")
