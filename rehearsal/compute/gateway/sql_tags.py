"""SET TAGS and UNSET TAGS on catalogs, schemas, tables, columns, views and volumes; the catalog keeps them."""

from __future__ import annotations

from rehearsal.compute.gateway.sql_words import Words
from rehearsal.compute.gateway.statement import NOTHING, Answer
from rehearsal.compute.gateway.tables import Tables
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.unity_catalog import entity_tags

_TYPES = {"CATALOG": "catalogs", "SCHEMA": "schemas", "DATABASE": "schemas", "TABLE": "tables", "VIEW": "tables"}
_TYPES |= {"VOLUME": "volumes"}


def read(words: Words) -> Answer | None:
    """How ALTER … SET TAGS is answered; None for other alterations. Raises Refusal."""
    again = Words(words.text)
    if not again.skip("ALTER"):
        return None
    kind = again.skip_any(*_TYPES)
    if kind is None:
        return None
    parts, column = again.parts(), ""
    if again.skip("ALTER", "COLUMN"):
        column = again.parts(1)[0]
    if again.skip("SET", "TAGS"):
        given, taken = again.pairs(), []
    elif again.skip("UNSET", "TAGS"):
        given, taken = {}, again.keys()
    else:
        return None
    again.end()
    return lambda tables: _tag(tables, kind, parts, column, given, taken)


def _tag(tables: Tables, kind: str, parts: list[str], column: str, given: dict[str, str], taken: list[str]) -> str:
    name = _name(tables, kind, parts)
    of = entity_tags.entity("columns" if column else _TYPES[kind], f"{name}.{column}" if column else name)
    with tables.platform.store.transaction() as tx:
        held = {tag["tag_key"] for tag in entity_tags.listed(tx, tables.principal, of)}
        for key, value in given.items():
            entity_tags.assign(tx, tables.principal, of, key, value, new=key not in held)
        for key in taken:
            if key not in held:
                raise DatabricksError(404, "TAG_DOES_NOT_EXIST", f"Tag '{key}' is not assigned to '{name}'.")
            entity_tags.unassign(tx, tables.principal, of, key)
    return NOTHING


def _name(tables: Tables, kind: str, parts: list[str]) -> str:
    if kind == "CATALOG":
        return ".".join(parts)
    if kind in ("SCHEMA", "DATABASE"):
        return ".".join([tables.session.catalog, *parts][-2:])
    return tables.full_name(parts)
