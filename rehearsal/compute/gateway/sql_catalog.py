"""Statements that are about the catalog alone: USE, GRANT, REVOKE, schemas, COMMENT ON; SHOW is in `sql_show`.

Read from their words. What they ask for is done or answered by the catalog; Spark gets a query of the answer.
"""

from __future__ import annotations

from rehearsal.compute.gateway import refusals, sql_securables, sql_show
from rehearsal.compute.gateway.sql_words import Words
from rehearsal.compute.gateway.statement import NOTHING, Answer
from rehearsal.compute.gateway.tables import Tables
from rehearsal.workspace.unity_catalog import access, changes, grants
from rehearsal.workspace.unity_catalog.privileges import CATALOG, SCHEMA, TABLE

_COMMENTED = frozenset({"CATALOG", "SCHEMA", "DATABASE", "TABLE", "VIEW", "VOLUME"})


def read(words: Words) -> Answer | None:
    """How the statement is answered, if it is one of these. Raises Refusal for one that is not written right."""
    if words.skip("SHOW"):
        return sql_show.read(words)
    if words.skip("USE") or words.skip("SET", "CATALOG"):
        return _use(words)
    for verb, preposition in (("GRANT", "TO"), ("REVOKE", "FROM")):
        if words.skip(verb):
            return _grant(words, verb, preposition)
    for verb in ("CREATE", "DROP"):
        if words.skip(verb, "SCHEMA") or words.skip(verb, "DATABASE"):
            return _create_schema(words) if verb == "CREATE" else _drop_schema(words)
    for kind, _, stored in sql_securables.KINDS:
        if kind in _COMMENTED and words.skip("COMMENT", "ON", kind):
            return _comment(words, stored)
    return None


def use_catalog(name: str, tables: Tables) -> str:
    """Make a catalog the current one, with its default schema. Raises DatabricksError 403, 404."""
    with tables.platform.store.transaction() as tx:
        access.require(tx, tables.principal, CATALOG, name, "USE_CATALOG")
    tables.session.catalog, tables.session.schema = name.lower(), "default"
    return NOTHING


def use_schema(parts: list[str], tables: Tables) -> str:
    """Make a schema the current one. Raises DatabricksError 403, 404."""
    catalog, schema = ([tables.session.catalog, *parts])[-2:]
    with tables.platform.store.transaction() as tx:
        access.require(tx, tables.principal, SCHEMA, f"{catalog}.{schema}", "USE_SCHEMA")
    tables.session.catalog, tables.session.schema = catalog.lower(), schema.lower()
    return NOTHING


def _use(words: Words) -> Answer:
    if words.skip("CATALOG") or words.text.split()[0].upper() == "SET":
        catalog = words.parts(1)[0]
        words.end()
        return lambda tables: use_catalog(catalog, tables)
    if not words.skip("SCHEMA"):
        words.skip("DATABASE")
    parts = words.parts(2)
    words.end()
    return lambda tables: use_schema(parts, tables)


def _grant(words: Words, verb: str, preposition: str) -> Answer:
    privileges = [words.one("a privilege")]
    while not words.skip("ON"):
        if words.skip(","):
            privileges.append(words.one("a privilege"))
        else:
            privileges[-1] += "_" + words.one("ON")
    kind, parts = sql_securables.securable(words)
    words.expect(preposition)
    principal = words.principal()
    words.end()
    change = grants.Change(
        principal=principal,
        add=tuple(privileges) if verb == "GRANT" else (),
        remove=tuple(privileges) if verb == "REVOKE" else (),
    )

    def answer(tables: Tables) -> str:
        tables.metadata.change_grants(kind, sql_securables.named(kind, parts, tables), change)
        return NOTHING

    return answer


def _create_schema(words: Words) -> Answer:
    if_not_exists = words.skip("IF", "NOT", "EXISTS")
    parts = words.parts(2)
    comment = words.string("a comment") if words.skip("COMMENT") else None
    words.end()

    def answer(tables: Tables) -> str:
        tables.metadata.create_schema(sql_securables.named(SCHEMA, parts, tables), comment, if_not_exists)
        return NOTHING

    return answer


def _drop_schema(words: Words) -> Answer:
    if_exists = words.skip("IF", "EXISTS")
    parts = words.parts(2)
    cascade = words.skip("CASCADE")
    if not cascade:
        words.skip("RESTRICT")
    words.end()

    def answer(tables: Tables) -> str:
        tables.metadata.drop_schema(sql_securables.named(SCHEMA, parts, tables), cascade, if_exists)
        return NOTHING

    return answer


def _comment(words: Words, kind: str) -> Answer:
    parts = words.parts()
    words.expect("IS")
    comment = "" if words.skip("NULL") else words.string("a comment")
    words.end()

    def answer(tables: Tables) -> str:
        # On a table Databricks asks for MODIFY, on other objects for owning or managing them.
        name = sql_securables.named(kind, parts, tables)
        if kind == TABLE:
            tables.found(name, "MODIFY")
            tables.change(name, lambda table: setattr(table, "comment", comment))
        else:
            with tables.platform.store.transaction() as tx:
                changes.update(tx, tables.principal, kind, name, {"comment": comment})
        return NOTHING

    return answer


def refuse_unless(condition: bool, what: str) -> None:
    """Raises Refusal for what Databricks may do and this compute does not."""
    if not condition:
        raise refusals.unsupported(what)
