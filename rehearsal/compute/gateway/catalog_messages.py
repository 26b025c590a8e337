"""`spark.catalog`: questions about the catalog are answered by Unity Catalog, those about temporary views by Spark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.compute.gateway import names, refusals
from rehearsal.compute.gateway.listing import Listing, Value, texts
from rehearsal.compute.gateway.metadata import Metadata
from rehearsal.compute.gateway.refusals import unsupported
from rehearsal.compute.gateway.tables import Tables
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.store import Body

# Spark knows temporary views and functions, and what it has cached.
_HARMLESS = frozenset(
    {
        "current_database",
        "current_catalog",
        "drop_temp_view",
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
    """A session has no current catalog here, so all of them are meant."""
    metadata = tables.metadata
    found = [body for one in metadata.catalogs() for body in metadata.schemas(one["name"], question.pattern or "*")]
    return texts(("name", "catalog", "description", "locationUri"), [_schema_row(body) for body in found])


def _schema(question: Any, tables: Tables) -> Listing:
    body = _found_schema(question.db_name, tables.metadata)
    if body is None:
        raise refusals.schema_not_found(question.db_name)
    return texts(("name", "catalog", "description", "locationUri"), [_schema_row(body)])


def _schema_exists(question: Any, tables: Tables) -> Listing:
    return Listing((("value", "BOOLEAN"),), [(_found_schema(question.db_name, tables.metadata) is not None,)])


def _tables(question: Any, tables: Tables) -> Listing | None:
    """Without a schema only temporary views are listed: Spark's answer."""
    if not question.db_name:
        return None
    found = tables.metadata.tables(_schema_name(question.db_name), question.pattern or "*")
    return Listing(_TABLE, [_table_row(body) for body in found])


def _table(question: Any, tables: Tables) -> Listing | None:
    name = _full_name(question)
    return None if name is None else Listing(_TABLE, [_table_row(tables.metadata.table(name).as_dict())])


def _table_exists(question: Any, tables: Tables) -> Listing | None:
    name = _full_name(question)
    return None if name is None else Listing((("value", "BOOLEAN"),), [(tables.exists(name),)])


def _columns(question: Any, tables: Tables) -> Listing | None:
    name = _full_name(question)
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
}


def _full_name(question: Any) -> str | None:
    """`catalog.schema.table`; None for a single name, which can only be a temporary view."""
    text = question.table_name
    return names.full_name(names.split(f"{question.db_name}.{text}" if question.db_name else text))


def _schema_name(text: str) -> str:
    parts = names.split(text)
    if len(parts) != 2:
        raise refusals.unparsable(f"Schema '{text}': write the full name, catalog.schema.")
    return ".".join(parts)


def _found_schema(text: str, metadata: Metadata) -> Body | None:
    catalog, _, own = _schema_name(text).partition(".")
    if not metadata.catalogs(catalog):
        return None
    return next(iter(metadata.schemas(catalog, own)), None)


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
