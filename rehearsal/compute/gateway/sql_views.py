"""CREATE, ALTER and DROP of views: temporary ones are Spark's, those in a schema the catalog's."""

from __future__ import annotations

from dataclasses import dataclass, field

from databricks.sdk.service.catalog import ColumnInfo
from pyspark.sql.types import DecimalType, StructType

from rehearsal.compute.gateway import names, refusals, sql_alter
from rehearsal.compute.gateway.column_types import type_name
from rehearsal.compute.gateway.sql_words import Words
from rehearsal.compute.gateway.statement import NOTHING, Answer
from rehearsal.compute.gateway.tables import Tables
from rehearsal.workspace.unity_catalog import access, lineage
from rehearsal.workspace.unity_catalog import views as catalog_views
from rehearsal.workspace.unity_catalog.privileges import MANAGE, TABLE


@dataclass
class Definition:
    """What CREATE VIEW says; `columns` are names with comments, none for the query's own."""

    parts: list[str]
    query: str
    columns: list[tuple[str, str | None]] = field(default_factory=list)
    comment: str | None = None
    properties: dict[str, str] = field(default_factory=dict)


def read(words: Words) -> Answer | None:
    """How the statement is answered, if it is one of these. Raises Refusal."""
    if replace := (words.skip("CREATE", "OR", "REPLACE", "VIEW") or words.skip("CREATE", "VIEW")):
        replace = words.text.split()[1].upper() == "OR"
        return _create(words, replace)
    if words.skip("DROP", "VIEW"):
        return _drop(words)
    return _alter(words) if words.skip("ALTER", "VIEW") else None


def _create(words: Words, replace: bool) -> Answer:
    if_not_exists = words.skip("IF", "NOT", "EXISTS")
    definition = Definition(words.parts(), "")
    if words.skip("("):
        definition.columns = _columns(words)
    while not words.skip("AS"):
        if words.skip("COMMENT"):
            definition.comment = words.string("a comment")
        elif words.skip("TBLPROPERTIES"):
            definition.properties = words.pairs()
        elif not words.skip_any("WITH SCHEMA COMPENSATION", "WITH SCHEMA BINDING"):
            raise words.wrong("AS and a query")
    definition.query = words.rest()

    def answer(tables: Tables) -> str:
        if if_not_exists and tables.exists(tables.full_name(definition.parts)):
            return NOTHING
        return make(definition, replace, tables)

    return answer


def make(definition: Definition, replace: bool, tables: Tables) -> str:
    """Store the view, its query checked with the rights of who makes it. Raises Refusal, DatabricksError."""
    name = tables.full_name(definition.parts)
    session = tables.session
    inner = tables.for_view(name, tables.principal, session.catalog, session.schema)
    inner.local = set(session.views)  # to be told that these cannot be in it
    query = inner.query(definition.query)
    schema = tables.spark.schema(query)
    with tables.platform.store.transaction() as tx:
        catalog_views.create(
            tx,
            tables.principal,
            name,
            definition.query,
            _described(schema, definition.columns),
            definition.properties | catalog_views.memory(session.catalog, session.schema, schema.names),
            definition.comment,
            replace,
        )
        lineage.record(tx, inner.reads, [name.lower()], tables.principal.name, tables.principal.workspace, None)
    return NOTHING


def _columns(words: Words) -> list[tuple[str, str | None]]:
    found = []
    while True:
        name = words.parts(1)[0]
        found.append((name, words.string("a comment") if words.skip("COMMENT") else None))
        if not words.skip(","):
            break
    words.expect(")")
    return found


def _described(schema: StructType, columns: list[tuple[str, str | None]]) -> list[ColumnInfo]:
    if columns and len(columns) != len(schema.fields):
        raise refusals.unparsable(f"The view has {len(columns)} columns and its query {len(schema.fields)}.")
    own = columns or [(one.name, one.metadata.get("comment")) for one in schema.fields]
    if len({name.lower() for name, _ in own}) < len(own) or len(set(schema.names)) < len(own):
        raise refusals.unparsable("The view's query has two columns of one name.")
    return [
        ColumnInfo(
            name=name,
            comment=comment,
            type_text=below.dataType.simpleString(),
            type_name=type_name(below.dataType),
            type_json=below.json(),
            position=position,
            nullable=below.nullable,
            type_precision=below.dataType.precision if isinstance(below.dataType, DecimalType) else None,
            type_scale=below.dataType.scale if isinstance(below.dataType, DecimalType) else None,
        )
        for position, ((name, comment), below) in enumerate(zip(own, schema.fields, strict=True))
    ]


def _drop(words: Words) -> Answer:
    if_exists = words.skip("IF", "EXISTS")
    parts = words.parts()
    words.end()

    def answer(tables: Tables) -> str:
        if tables.is_temporary(parts):
            tables.session.views.pop(parts[0].lower(), None)
            return f"DROP VIEW IF EXISTS {names.quoted(parts[0])}"
        tables.drop(tables.full_name(parts), if_exists, view=True)
        return NOTHING

    return answer


def _alter(words: Words) -> Answer:
    parts = words.parts()
    if not words.skip("AS"):
        return sql_alter.of_catalog(words, parts, view=True)
    query = words.rest()

    def answer(tables: Tables) -> str:
        name = tables.full_name(parts)
        with tables.platform.store.transaction() as tx:
            access.require(tx, tables.principal, TABLE, name, MANAGE)
            view = catalog_views.require(tx, name)
        kept = [(str(column.name), column.comment) for column in view.columns or []]
        own = kept if [column for column, _ in kept] != catalog_views.query_columns(view) else []
        properties = catalog_views.own_properties(view)
        return make(Definition(parts, query, own, view.comment, properties), True, tables)

    return answer
