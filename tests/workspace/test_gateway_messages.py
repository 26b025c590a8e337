"""Every message of Spark Connect that could name a table, a path or code: it is handled, or it is refused.

Read from the protocol's own descriptors, so that a new Spark with a new message or field fails here until somebody has
thought about it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from delta.connect import proto as delta
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from pyspark.sql.connect.proto import base_pb2, catalog_pb2, commands_pb2, relations_pb2

from rehearsal.compute.gateway import catalog_messages, plans, statements
from rehearsal.compute.gateway.refusals import Refusal
from rehearsal.compute.gateway.sessions import Session
from rehearsal.compute.gateway.tables import Tables
from rehearsal.workspace.context import Platform
from rehearsal.workspace.identity import principals
from tests.workspace.spark_support import MALLORY, make_platform

RELATION, COMMAND, CATALOG = "spark.connect.Relation", "spark.connect.Command", "spark.connect.Catalog"
# Text and bytes that can name something outside of the plan, or be code; each has a probe below.
GUARDED = {
    "Read.NamedTable.unparsed_identifier",
    "Read.NamedTable.options",
    "Read.DataSource.format",
    "Read.DataSource.options",
    "Read.DataSource.paths",
    "Read.DataSource.predicates",
    "Expression.UnresolvedFunction.function_name",
    "Expression.ExpressionString.expression",
    "CallFunction.function_name",
    "UnresolvedTableValuedFunction.function_name",
    "Expression.extension",
    "Relation.extension",
    "Command.extension",
    "ScalarScalaUDF.payload",
    "JavaUDF.class_name",
    "SQL.query",
    "SqlCommand.sql",
    "WriteOperation.source",
    "WriteOperation.path",
    "WriteOperation.SaveTable.table_name",
    "WriteOperation.options",
    "WriteOperationV2.table_name",
    "WriteOperationV2.provider",
    "WriteOperationV2.options",
    "WriteOperationV2.table_properties",
    "WriteStreamOperationStart.format",
    "WriteStreamOperationStart.options",
    "WriteStreamOperationStart.path",
    "WriteStreamOperationStart.table_name",
    "MergeIntoTableCommand.target_table_name",
    "CreateDataFrameViewCommand.name",
    "ListColumns.table_name",
    "ListColumns.db_name",
    "ListTables.db_name",
    "GetTable.table_name",
    "GetTable.db_name",
    "GetDatabase.db_name",
    "DatabaseExists.db_name",
    "TableExists.table_name",
    "TableExists.db_name",
    "SetCurrentDatabase.db_name",
    "SetCurrentCatalog.catalog_name",
    "Plan.CompressedOperation.data",
}
# Names of columns, of things within the plan or the session, literals, data, Python code, and where the client stands.
HARMLESS = re.compile(
    r"""(PythonOrigin|JvmOrigin|StackTraceElement|RelationCommon|DataType|Strings|Expression\.Literal)\b.*
    |Expression\.(UnresolvedAttribute\.unparsed_identifier|UnresolvedStar\.unparsed_target|UnresolvedRegex\.col_name
        |Alias\.(name|metadata)|Cast\.type_str|UpdateFields\.field_name|UnresolvedNamedLambdaVariable\.name_parts)
    |(PythonUDF|PythonUDTF)\.(command|python_ver|additional_includes)
    |(CommonInlineUserDefinedFunction|CommonInlineUserDefinedTableFunction)\.function_name
    |NamedArgumentExpression\.key|(SQL|SqlCommand)\.(args|named_arguments)
    |(LocalRelation\.(data|schema))|Read\.DataSource\.schema|SubqueryAlias\..*|Hint\.name|Unpivot\..*|CollectMetrics\.name
    |(Join|AsOfJoin|Deduplicate|ToDF|Drop|NAFill|NADrop|NAReplace)\.\w*col\w*|AsOfJoin\.(join_type|direction)
    |WithColumnsRenamed.*|Parse\.options|GroupMap\..*|TransformWithStateInfo\..*|WithWatermark\..*
    |ApplyInPandasWithState\..*|CachedLocalRelation\.hash|ChunkedCachedLocalRelation\..*|CachedRemoteRelation\..*
    |Stat\w+\..*|List\w+\.pattern|ListFunctions\.db_name|FunctionExists\..*|DropTempView\.view_name
    |WriteOperation(V2)?\.(\w+_column\w*|clustering_columns|BucketBy.*|partitioning_columns)
    |WriteStreamOperationStart\.(\w+_column_names|\w+_interval|output_mode|query_name)
    |StreamingQuery\w+\..*""",
    re.VERBOSE,
)
SECRET = "own.secret.t"
FILE = "/etc/passwd"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return make_platform(tmp_path_factory.mktemp("home"))


@pytest.fixture
def rewrite(platform: Platform) -> Callable[[Any], None]:
    """Rewrites a plan in the name of somebody who holds nothing; a call to Spark would be an error."""
    with platform.store.transaction() as tx:
        mallory = principals.load(tx, MALLORY, "dev")

    def run(plan: Any) -> None:
        session: Any = None  # none of these may get as far as Spark
        plans.PlanRewriter(Tables(platform, mallory, Session("dev"), session, statements), executes=True).rewrite(plan)

    return run


def test_every_text_in_what_is_allowed_has_been_thought_about() -> None:
    found = {name for name in _texts() if not HARMLESS.fullmatch(name)}
    assert found - GUARDED == set(), "new in Spark Connect: handle them, refuse them, or say why they are harmless"
    assert GUARDED - found == set(), "no longer in Spark Connect"


def _texts() -> Iterator[str]:
    """Texts, bytes, maps and extensions that a plan can hold, as far as relations and commands are allowed."""
    seen: set[str] = set()
    waiting: list[Descriptor] = [base_pb2.Plan.DESCRIPTOR]
    allowed = {RELATION: plans._RELATIONS, COMMAND: plans._COMMANDS}
    allowed[CATALOG] = frozenset(catalog_messages._ANSWERS) | catalog_messages._HARMLESS
    while waiting:
        message = waiting.pop()
        if message.full_name in seen:
            continue
        seen.add(message.full_name)
        kinds = allowed.get(message.full_name)
        for field in message.fields:
            below = field.message_type
            name = f"{message.full_name}.{field.name}".removeprefix("spark.connect.")
            if kinds is not None and field.containing_oneof is not None and field.name not in (*kinds, "extension"):
                continue
            if below is None:
                if field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
                    yield name
            elif below.GetOptions().map_entry or below.full_name == "google.protobuf.Any":
                yield name
            if below is not None and below.full_name.startswith("spark.") and not below.GetOptions().map_entry:
                waiting.append(below)


def _kinds(message: Any, oneof: str) -> list[str]:
    return [field.name for field in message.DESCRIPTOR.oneofs_by_name[oneof].fields]


@pytest.mark.parametrize("kind", sorted(set(_kinds(relations_pb2.Relation, "rel_type")) - plans._RELATIONS))
def test_relations_that_are_not_known_are_refused(rewrite: Callable[[Any], None], kind: str) -> None:
    plan = base_pb2.Plan()
    getattr(plan.root, kind).SetInParent()
    with pytest.raises(Refusal):
        rewrite(plan)


@pytest.mark.parametrize("kind", sorted(set(_kinds(commands_pb2.Command(), "command_type")) - plans._COMMANDS))
def test_commands_that_are_not_known_are_refused(rewrite: Callable[[Any], None], kind: str) -> None:
    plan = base_pb2.Plan()
    getattr(plan.command, kind).SetInParent()
    with pytest.raises(Refusal):
        rewrite(plan)


KNOWN_QUESTIONS = frozenset(catalog_messages._ANSWERS) | catalog_messages._HARMLESS


@pytest.mark.parametrize("kind", sorted(set(_kinds(catalog_pb2.Catalog(), "cat_type")) - KNOWN_QUESTIONS))
def test_questions_to_the_catalog_that_are_not_known_are_refused(rewrite: Callable[[Any], None], kind: str) -> None:
    plan = base_pb2.Plan()
    getattr(plan.root.catalog, kind).SetInParent()
    with pytest.raises(Refusal):
        rewrite(plan)


def _set(path: str, value: Any, **besides: Any) -> Callable[[Any], None]:
    """Fills a field of a plan by its path, and others beside it."""

    def fill(plan: Any) -> None:
        message, names = plan, path.split(".")
        for name in names[:-1]:
            message = getattr(message, name)
            if hasattr(message, "add"):
                message = message.add()
        for name, given in {names[-1]: value, **besides}.items():
            field = getattr(message, name)
            if isinstance(given, dict):
                field.update(given)
            elif isinstance(given, list):
                field.extend(given)
            else:
                setattr(message, name, given)

    return fill


def _delta(kind: str, **fields: Any) -> Callable[[Any], None]:
    def fill(plan: Any) -> None:
        asked = delta.DeltaRelation()
        table = getattr(asked, kind).table
        if "path" in fields:
            table.path.path = fields["path"]
        else:
            table.table_or_view_name = fields["name"]
        plan.root.extension.Pack(asked)

    return fill


def _foreign(plan: Any) -> None:
    plan.root.extension.Pack(base_pb2.UserContext(user_id="x"))


def _foreign_command(plan: Any) -> None:
    plan.command.extension.Pack(base_pb2.UserContext(user_id="x"))


def _foreign_expression(plan: Any) -> None:
    plan.root.project.expressions.add().extension.Pack(base_pb2.UserContext(user_id="x"))


def _compressed(plan: Any) -> None:
    plan.compressed_operation.data = b"x"


W, V2, S = "command.write_operation", "command.write_operation_v2", "command.write_stream_operation_start"
E = "root.project.expressions"
PROBES: dict[str, list[Callable[[Any], None]]] = {
    "Read.NamedTable.unparsed_identifier": [
        _set("root.read.named_table.unparsed_identifier", name)
        for name in (SECRET, f"delta.`{FILE}`", f"text.`{FILE}`", "global_temp.x", "prod.f.t")
    ],
    "Read.NamedTable.options": [
        _set("root.read.named_table.options", {"path": FILE}, unparsed_identifier="x"),
    ],
    "Read.DataSource.format": [_set("root.read.data_source.format", one) for one in ("org.x.Y", "kinesis", "socket")],
    "Read.DataSource.options": [
        _set("root.read.data_source.options", {key: FILE}, format="text") for key in ("path", "PATHS", "schemaLocation")
    ],
    "Read.DataSource.paths": [
        _set("root.read.data_source.paths", [one], format="text")
        for one in (
            FILE,
            f"file:{FILE}",
            "dbfs:/x",
            "s3://x/y",
            "abfss://c@a.dfs.core.windows.net/x",
            "/Volumes/dev/f/x",
        )
    ],
    "Read.DataSource.predicates": [_set("root.read.data_source.predicates", ["1=1"], format="text")],
    "Expression.UnresolvedFunction.function_name": [_set(f"{E}.unresolved_function.function_name", "reflect")],
    "CallFunction.function_name": [
        _set(f"{E}.call_function.function_name", one) for one in ("java_method", "own.secret.f", "__understudy_x")
    ],
    "UnresolvedTableValuedFunction.function_name": [
        _set("root.unresolved_table_valued_function.function_name", "read_files")
    ],
    "Expression.ExpressionString.expression": [
        _set(f"{E}.expression_string.expression", one)
        for one in (f"(select max(a) from {SECRET})", f"(select 1 from text.`{FILE}`)", "reflect('a', 'b')")
    ],
    "Expression.extension": [_foreign_expression],
    "Relation.extension": [
        _foreign,
        _delta("scan", name=SECRET),
        _delta("scan", path=FILE),
        _delta("describe_history", path=FILE),
        _delta("describe_detail", name=SECRET),
        _delta("optimize_table", name=SECRET),
        _delta("restore_table", path=FILE),
    ],
    "Command.extension": [_foreign_command],
    "ScalarScalaUDF.payload": [
        _set("command.register_function.scalar_scala_udf.payload", b"x"),
        _set(f"{E}.typed_aggregate_expression.scalar_scala_udf.payload", b"x"),
    ],
    "JavaUDF.class_name": [_set("command.register_function.java_udf.class_name", "a.B")],
    "SQL.query": [
        _set("root.sql.query", one)
        for one in (
            f"select * from {SECRET}",
            f"select * from csv.`{FILE}`",
            "drop table prod.f.t",
            f"copy into prod.f.t from '{FILE}' fileformat = csv",
            f"create table dev.f.x using delta location '{FILE}'",
            f"insert overwrite directory '{FILE}' select 1",
        )
    ],
    "SqlCommand.sql": [_set("command.sql_command.sql", f"delete from {SECRET}")],
    "WriteOperation.source": [_set(f"{W}.source", one) for one in ("org.x.Y", "kinesis")],
    "WriteOperation.path": [_set(f"{W}.path", FILE, source="delta")],
    "WriteOperation.options": [_set(f"{W}.options", {"path": FILE}, source="noop")],
    "WriteOperation.SaveTable.table_name": [
        _set(f"{W}.table.table_name", one, save_method=how)
        for one in (SECRET, f"delta.`{FILE}`", "dev.f.new")
        for how in (1, 2)
    ],
    "WriteOperationV2.table_name": [_set(f"{V2}.table_name", one, mode=1) for one in (SECRET, f"delta.`{FILE}`")],
    "WriteOperationV2.provider": [_set(f"{V2}.provider", "csv", table_name="dev.f.x")],
    "WriteOperationV2.options": [_set(f"{V2}.options", {"path": FILE}, table_name="dev.f.x")],
    "WriteOperationV2.table_properties": [_set(f"{V2}.table_properties", {"location": FILE}, table_name="dev.f.x")],
    "WriteStreamOperationStart.format": [_set(f"{S}.format", one) for one in ("org.x.Y", "kinesis")],
    "WriteStreamOperationStart.options": [_set(f"{S}.options", {"checkpointLocation": FILE}, format="noop")],
    "WriteStreamOperationStart.path": [_set(f"{S}.path", FILE, format="delta")],
    "WriteStreamOperationStart.table_name": [_set(f"{S}.table_name", one) for one in (SECRET, f"delta.`{FILE}`")],
    "MergeIntoTableCommand.target_table_name": [_set("command.merge_into_table_command.target_table_name", SECRET)],
    "CreateDataFrameViewCommand.name": [
        _set("command.create_dataframe_view.name", "x", is_global=True),
        _set("command.create_dataframe_view.name", "own.secret.v"),
    ],
    **{
        f"{message}.{field}": [_set(f"root.catalog.{kind}.{field}", name)]
        for message, kind, field, name in (
            ("ListColumns", "list_columns", "table_name", SECRET),
            ("ListColumns", "list_columns", "db_name", "own.secret"),
            ("ListTables", "list_tables", "db_name", "own.secret"),
            ("GetTable", "get_table", "table_name", SECRET),
            ("GetTable", "get_table", "db_name", "own.secret"),
            ("GetDatabase", "get_database", "db_name", "own.secret"),
            ("SetCurrentDatabase", "set_current_database", "db_name", "own.secret"),
            ("SetCurrentCatalog", "set_current_catalog", "catalog_name", "own"),
        )
    },
    "Plan.CompressedOperation.data": [_compressed],
}
# These answer "no" instead of refusing.
ANSWERING = {"DatabaseExists.db_name", "TableExists.table_name", "TableExists.db_name"}


def test_every_guarded_text_has_a_probe() -> None:
    assert set(PROBES) | ANSWERING == GUARDED


@pytest.mark.parametrize("field", sorted(PROBES))
def test_who_holds_nothing_gets_nothing_through_any_of_them(rewrite: Callable[[Any], None], field: str) -> None:
    for fill in PROBES[field]:
        plan = base_pb2.Plan()
        fill(plan)
        with pytest.raises(Refusal):
            rewrite(plan)


def test_what_is_there_for_others_is_not_there_for_him(rewrite: Callable[[Any], None], platform: Platform) -> None:
    for kind, field, name in (("table_exists", "table_name", "prod.f.t"), ("database_exists", "db_name", "prod.f")):
        plan = base_pb2.Plan()
        setattr(getattr(plan.root.catalog, kind), field, name)
        rewrite(plan)
        assert "false" in plan.root.sql.query
