"""`spark.catalog`: questions about the catalog are answered by Unity Catalog, those about functions by Spark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.compute.gateway import names, refusals, sql_catalog
from rehearsal.compute.gateway.listing import Listing, Value, texts
from rehearsal.compute.gateway.refusals import unsupported
from rehearsal.compute.gateway.tables import Tables
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.store import Body

# Spark knows functions, and what it has cached.
_HARMLESS = frozenset(
    {
        "list_functions",
        "function_exists",
        "clear_cache",
    }
)
_TABLE = (
    ("name", "STRING"),
    ("catalog", "STRING"),
    ("namespace", "ARRAY<STRING>"),
    ("description", "STRING"),
    ("tableType", "STRING"),
    ("isTemporary", "BOOLEAN"),
)
_COLUMN = (
    ("name", "STRING"),
    ("description", "STRING"),
    ("dataType", "STRING"),
    ("nullable", "BOOLEAN"),
    ("isPartition", "BOOLEAN"),
    ("isBucket", "BOOLEAN"),
    ("isCluster", "BOOLEAN"),
)


def answer(relation: Any, tables: Tables) -> None:
    """Replace the question in a relation by its answer, or leave it to Spark. Raises Refusal."""
    kind = relation.catalog.WhichOneof("cat_type")
    if kind in _HARMLESS:
        return
    if kind not in _ANSWERS:
        raise unsupported(f"spark.catalog: {kind}")
    question = getattr(relation.catalog, kind)
    try:
        listing = _ANSWERS[kind](question, tables)
    except DatabricksError as error:
        raise refusals.from_catalog(error, getattr(question, "table_name", "")) from error
    if listing is not None:
        relation.sql.query = listing.query()


def _catalogs(question: Any, tables: Tables) -> Listing:
    found = tables.metadata.catalogs(question.pattern or "*")
    return texts(("name", "description"), [(body["name"], body.get("comment")) for body in found])


def _schemas(question: Any, tables: Tables) -> Listing:
    found = tables.metadata.schemas(tables.session.catalog, question.pattern or "*")
    return texts(("name", "catalog", "description", "locationUri"), [_schema_row(body) for body in found])


def _schema(question: Any, tables: Tables) -> Listing:
    body = _found_schema(question.db_name, tables)
    if body is None:
        raise refusals.schema_not_found(question.db_name)
    return texts(("name", "catalog", "description", "locationUri"), [_schema_row(body)])


def _schema_exists(question: Any, tables: Tables) -> Listing:
    return Listing((("value", "BOOLEAN"),), [(_found_schema(question.db_name, tables) is not None,)])


def _tables(question: Any, tables: Tables) -> Listing:
    schema = _schema_name(question.db_name or tables.session.schema, tables)
    found = tables.metadata.tables(schema, question.pattern or "*")
    views = tables.metadata.matching(sorted(tables.session.views), question.pattern or "*")
    temporary: list[tuple[Value, ...]] = [(name, None, [], None, "TEMPORARY", True) for name in views]
    return Listing(_TABLE, [_table_row(body) for body in found] + temporary)


def _table(question: Any, tables: Tables) -> Listing | None:
    name = _full_name(question, tables)
    return None if name is None else Listing(_TABLE, [_table_row(tables.metadata.table(name).as_dict())])


def _table_exists(question: Any, tables: Tables) -> Listing | None:
    name = _full_name(question, tables)
    return None if name is None else Listing((("value", "BOOLEAN"),), [(tables.exists(name),)])


def _current_catalog(_: Any, tables: Tables) -> Listing:
    return texts(("value",), [(tables.session.catalog,)])


def _current_schema(_: Any, tables: Tables) -> Listing:
    return texts(("value",), [(tables.session.schema,)])


def _set_catalog(question: Any, tables: Tables) -> Listing:
    sql_catalog.use_catalog(question.catalog_name, tables)
    return texts(("value",), [])


def _set_schema(question: Any, tables: Tables) -> Listing:
    sql_catalog.use_schema(names.split(question.db_name), tables)
    return texts(("value",), [])


def _drop_temporary(question: Any, tables: Tables) -> None:
    tables.session.views.pop(question.view_name.lower(), None)


def _columns(question: Any, tables: Tables) -> Listing | None:
    name = _full_name(question, tables)
    if name is None:
        return None
    rows: list[tuple[Value, ...]] = [
        (
            column.name,
            column.comment,
            column.type_text,
            column.nullable,
            column.partition_index is not None,
            False,
            False,
        )
        for column in tables.metadata.table(name).columns or []
    ]
    return Listing(_COLUMN, rows)


_ANSWERS: dict[str, Callable[[Any, Tables], Listing | None]] = {
    "list_catalogs": _catalogs,
    "list_databases": _schemas,
    "get_database": _schema,
    "database_exists": _schema_exists,
    "list_tables": _tables,
    "get_table": _table,
    "table_exists": _table_exists,
    "list_columns": _columns,
    "current_catalog": _current_catalog,
    "current_database": _current_schema,
    "set_current_catalog": _set_catalog,
    "set_current_database": _set_schema,
    "drop_temp_view": _drop_temporary,
}


def _full_name(question: Any, tables: Tables) -> str | None:
    """`catalog.schema.table`; None for a temporary view."""
    text = question.table_name
    parts = names.split(f"{question.db_name}.{text}" if question.db_name else text)
    return None if tables.is_temporary(parts) else tables.full_name(parts)


def _schema_name(text: str, tables: Tables) -> str:
    parts = names.split(text)
    if len(parts) > 2:
        raise refusals.schema_not_found(text)
    return ".".join([tables.session.catalog, *parts][-2:])


def _found_schema(text: str, tables: Tables) -> Body | None:
    catalog, _, own = _schema_name(text, tables).partition(".")
    if not tables.metadata.catalogs(catalog):
        return None
    return next(iter(tables.metadata.schemas(catalog, own)), None)


def _schema_row(body: Body) -> tuple[Value, ...]:
    return (body["name"], body["catalog_name"], body.get("comment"), None)


def _table_row(body: Body) -> tuple[Value, ...]:
    return (
        body["name"],
        body["catalog_name"],
        [body["schema_name"]],
        body.get("comment"),
        body.get("table_type"),
        False,
    )
