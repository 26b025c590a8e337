"""Statements about one table or view that begin with what is done to it: ALTER, DESCRIBE, DROP, OPTIMIZE and the like.

Read from their words, since parsers of SQL know little of them. What follows the name cannot name another table.
"""

from __future__ import annotations

import functools

from databricks.sdk.service.catalog import TableType

from rehearsal.compute.gateway import functions as catalog_functions
from rehearsal.compute.gateway import names, sql_alter, sql_clones, sql_tags, sql_views
from rehearsal.compute.gateway.listing import Value, texts
from rehearsal.compute.gateway.refusals import unsupported
from rehearsal.compute.gateway.sql_words import Words
from rehearsal.compute.gateway.statement import NOTHING, Answer
from rehearsal.compute.gateway.tables import Tables

_DESCRIBE = ("DESCRIBE", "DESC")
# The words before the table's name, and the privileges that the statement needs.
_MAINTENANCE = (
    ("OPTIMIZE", ("SELECT", "MODIFY")),
    ("VACUUM", ("MODIFY",)),
    ("RESTORE TABLE", ("MODIFY",)),
    ("RESTORE", ("MODIFY",)),
    ("REFRESH TABLE", ("SELECT",)),
)


def read(words: Words) -> Answer | None:
    """How the statement is answered, if it is one of these. Raises Refusal."""
    made = sql_tags.read(words) or sql_clones.read(words) or sql_views.read(words) or catalog_functions.read(words)
    if made is not None:
        return made
    if words.skip_any(*_DESCRIBE):
        return _describe(words)
    for command, privileges in _MAINTENANCE:
        if words.skip(*command.split()):
            return _about(words, privileges)
    if words.skip("ALTER", "TABLE"):
        return sql_alter.read(words)
    if words.skip("DROP", "TABLE"):
        return _drop(words)
    return None


def rewritten(words: Words, start: int, end: int, name: str) -> str:
    """The statement with another name."""
    return words.text[:start] + name + words.text[end:]


def _about(words: Words, privileges: tuple[str, ...]) -> Answer:
    start = words.place()
    parts, end = words.parts(), words.behind()

    def answer(tables: Tables) -> str:
        location = tables.existing(tables.full_name(parts), *privileges)
        tables.shows_paths = True
        return rewritten(words, start, end, names.delta(location))

    return answer


def _describe(words: Words) -> Answer:
    if words.skip_any("HISTORY", "DETAIL"):
        return _about(words, ("SELECT",))
    words.skip("TABLE")
    extended = words.skip("EXTENDED")
    start = words.place()
    parts, end = words.parts(), words.behind()
    if words.rest().split("(")[0].strip() and len(parts) == 1 and not extended:
        raise unsupported("DESCRIBE of anything but a table or view")

    def answer(tables: Tables) -> str:
        if tables.is_temporary(parts):
            return words.text
        name = tables.full_name(parts)
        found = tables.found(name, "SELECT")
        if found.table_type == TableType.VIEW:
            rows: list[tuple[Value, ...]] = [
                (column.name, column.type_text, column.comment) for column in found.columns or []
            ]
            if extended:
                rows += [("", "", ""), ("# Detailed Table Information", "", ""), ("Type", "VIEW", "")]
                rows += [("Owner", found.owner, ""), ("View Text", found.view_definition, "")]
            return texts(("col_name", "data_type", "comment"), rows).query()
        tables.shows_paths = True
        return rewritten(words, start, end, names.delta(str(found.storage_location)))

    return answer


def _drop(words: Words) -> Answer:
    if_exists = words.skip("IF", "EXISTS")
    parts = words.parts()
    words.skip("PURGE")
    words.end()
    return functools.partial(_dropped, parts=parts, if_exists=if_exists)


def _dropped(tables: Tables, parts: list[str], if_exists: bool) -> str:
    tables.drop(tables.full_name(parts), if_exists)
    return NOTHING
