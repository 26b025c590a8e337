"""ALTER TABLE and ALTER VIEW: columns and properties are Delta's; name, owner and a view's properties the catalog's."""

from __future__ import annotations

from databricks.sdk.service.catalog import TableInfo

from rehearsal.compute.gateway import names
from rehearsal.compute.gateway.refusals import unsupported
from rehearsal.compute.gateway.sql_words import Words
from rehearsal.compute.gateway.statement import NOTHING, Answer
from rehearsal.compute.gateway.tables import Tables
from rehearsal.workspace.unity_catalog import changes, renaming
from rehearsal.workspace.unity_catalog.privileges import TABLE

_DELTA = (
    "ADD COLUMN",
    "ADD COLUMNS",
    "ADD CONSTRAINT",
    "ALTER COLUMN",
    "CHANGE COLUMN",
    "DROP COLUMN",
    "DROP COLUMNS",
    "DROP CONSTRAINT",
    "DROP FEATURE",
    "RENAME COLUMN",
    "SET TBLPROPERTIES",
    "UNSET TBLPROPERTIES",
    "CLUSTER BY",
)


def read(words: Words) -> Answer:
    """What follows ALTER TABLE. Raises Refusal."""
    start = words.place()
    parts, end = words.parts(), words.behind()
    kind = words.skip_any(*_DELTA)
    if kind is None:
        return of_catalog(words, parts)

    def answer(tables: Tables) -> str:
        location = tables.existing(tables.full_name(parts), "MODIFY")
        tables.writes.clear()  # no rows are written
        if kind.endswith("TBLPROPERTIES"):
            tables.effects.append(lambda: tables.mirror_properties(tables.full_name(parts)))
        return words.text[:start] + names.delta(location) + words.text[end:]

    return answer


def of_catalog(words: Words, parts: list[str], view: bool = False) -> Answer:
    """What the catalog does alone. Raises Refusal."""
    if words.skip("OWNER", "TO") or words.skip("SET", "OWNER", "TO"):
        return _owner(words, parts)
    if words.skip("RENAME", "TO"):
        return _rename(words, parts)
    if view and words.skip("SET", "TBLPROPERTIES"):
        return _properties(parts, words.pairs(), [])
    if view and words.skip("UNSET", "TBLPROPERTIES"):
        words.skip("IF", "EXISTS")
        return _properties(parts, {}, words.keys())
    raise unsupported(f"ALTER ... {words.rest()[:40]}")


def _owner(words: Words, parts: list[str]) -> Answer:
    owner = words.principal()
    words.end()

    def answer(tables: Tables) -> str:
        with tables.platform.store.transaction() as tx:
            changes.update(tx, tables.principal, TABLE, tables.full_name(parts), {"owner": owner})
        return NOTHING

    return answer


def _rename(words: Words, parts: list[str]) -> Answer:
    target = words.parts()
    words.end()

    def answer(tables: Tables) -> str:
        with tables.platform.store.transaction() as tx:
            renaming.rename_table(tx, tables.principal, tables.full_name(parts), tables.full_name(target))
        return NOTHING

    return answer


def _properties(parts: list[str], given: dict[str, str], taken: list[str]) -> Answer:
    def answer(tables: Tables) -> str:
        name = tables.full_name(parts)

        def how(table: TableInfo) -> None:
            table.properties = {
                key: value for key, value in ((table.properties or {}) | given).items() if key not in taken
            }

        tables.found(name, "MANAGE")
        tables.change(name, how)
        return NOTHING

    return answer
