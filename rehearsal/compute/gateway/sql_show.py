"""SHOW: what a principal may see of the catalog, as a query of literals."""

from __future__ import annotations

from collections.abc import Callable

from rehearsal.compute.gateway import sql_securables
from rehearsal.compute.gateway.listing import Listing, Value, texts
from rehearsal.compute.gateway.refusals import unsupported
from rehearsal.compute.gateway.sql_words import Words
from rehearsal.compute.gateway.statement import Answer
from rehearsal.compute.gateway.tables import Tables
from rehearsal.workspace.unity_catalog.privileges import SCHEMA

Rows = Callable[[Tables, str, str], Listing]


def read(words: Words) -> Answer:
    """How a statement that begins with SHOW is answered. Raises Refusal."""
    if words.skip("CATALOGS"):
        pattern = _pattern(words)
        return lambda tables: texts(("catalog",), [(one["name"],) for one in tables.metadata.catalogs(pattern)]).query()
    if words.skip_any("SCHEMAS", "DATABASES"):
        place = _place(words, 1)
        pattern = _pattern(words)
        return lambda tables: texts(
            ("databaseName",),
            [(one["name"],) for one in tables.metadata.schemas(place[0] if place else tables.session.catalog, pattern)],
        ).query()
    for word, rows in (("TABLES", _tables), ("VIEWS", _views), ("VOLUMES", _volumes)):
        if words.skip(word):
            return _in_schema(words, rows)
    if words.skip_any("GRANTS", "GRANT"):
        return _grants(words)
    if words.skip("COLUMNS"):
        return _columns(words)
    if words.skip("TBLPROPERTIES"):
        parts = words.parts()
        words.end()
        return lambda tables: _properties(tables, tables.full_name(parts)).query()
    raise unsupported(f"SHOW {words.one('what to show').upper()}")


def _in_schema(words: Words, rows: Rows) -> Answer:
    place = _place(words, 2)
    pattern = _pattern(words)

    def answer(tables: Tables) -> str:
        schema = sql_securables.named(SCHEMA, place or [tables.session.schema], tables)
        return rows(tables, schema, pattern).query()

    return answer


def _tables(tables: Tables, schema: str, pattern: str) -> Listing:
    rows: list[tuple[Value, ...]] = [
        (one["schema_name"], one["name"], False) for one in tables.metadata.tables(schema, pattern)
    ]
    rows += [("", name, True) for name in tables.metadata.matching(sorted(tables.session.views), pattern)]
    return Listing((("database", "STRING"), ("tableName", "STRING"), ("isTemporary", "BOOLEAN")), rows)


def _views(tables: Tables, schema: str, pattern: str) -> Listing:
    rows: list[tuple[Value, ...]] = [
        (one["schema_name"], one["name"], False, False)
        for one in tables.metadata.tables(schema, pattern)
        if one.get("table_type") == "VIEW"
    ]
    rows += [("", name, True, False) for name in tables.metadata.matching(sorted(tables.session.views), pattern)]
    columns = ("namespace", "STRING"), ("viewName", "STRING"), ("isTemporary", "BOOLEAN"), ("isMaterialized", "BOOLEAN")
    return Listing(columns, rows)


def _volumes(tables: Tables, schema: str, pattern: str) -> Listing:
    found = tables.metadata.volumes(schema, pattern)
    return texts(("database", "volume_name"), [(one["schema_name"], one["name"]) for one in found])


def _properties(tables: Tables, name: str) -> Listing:
    found = tables.metadata.properties(name)
    return texts(("key", "value"), [(key, value) for key, value in sorted(found.items())])


def _grants(words: Words) -> Answer:
    principal = None if words.skip("ON") else words.principal()
    if principal is not None:
        words.expect("ON")
    kind, parts = sql_securables.securable(words)
    words.end()

    def answer(tables: Tables) -> str:
        return tables.metadata.listed_grants(kind, sql_securables.named(kind, parts, tables), principal).query()

    return answer


def _columns(words: Words) -> Answer:
    if not words.skip_any("IN", "FROM"):
        raise words.wrong("IN and a table")
    parts = words.parts()
    words.end()
    return lambda tables: texts(
        ("col_name",), [(column.name,) for column in tables.metadata.table(tables.full_name(parts)).columns or []]
    ).query()


def _place(words: Words, most: int) -> list[str]:
    """The catalog or schema that follows IN; nothing for the current one."""
    return words.parts(most) if words.skip_any("IN", "FROM") else []


def _pattern(words: Words) -> str:
    words.skip("LIKE")
    pattern = "*" if words.at_end else words.one("a pattern")
    words.end()
    return pattern
