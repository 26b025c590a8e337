"""Securables as SQL names them: their kinds, and their full names."""

from __future__ import annotations

from rehearsal.compute.gateway.sql_words import Words
from rehearsal.compute.gateway.tables import Tables
from rehearsal.workspace.unity_catalog.privileges import CATALOG, SCHEMA, TABLE

# Kinds as SQL writes them, how many parts their names have, and what they are stored as.
KINDS = (
    ("EXTERNAL LOCATION", 1, "EXTERNAL_LOCATION"),
    ("STORAGE CREDENTIAL", 1, "STORAGE_CREDENTIAL"),
    ("CATALOG", 1, CATALOG),
    ("SCHEMA", 2, SCHEMA),
    ("DATABASE", 2, SCHEMA),
    ("TABLE", 3, TABLE),
    ("VIEW", 3, TABLE),
    ("VOLUME", 3, "VOLUME"),
    ("FUNCTION", 3, "FUNCTION"),
    ("MODEL", 3, "FUNCTION"),
    ("METASTORE", 0, "METASTORE"),
)


def securable(words: Words) -> tuple[str, list[str]]:
    """Kind and name of an object; a name without a kind is a table's."""
    for kind, parts, stored in KINDS:
        if words.skip(*kind.split()):
            return stored, words.parts(parts) if parts else []
    return TABLE, words.parts()


def named(kind: str, parts: list[str], tables: Tables) -> str:
    """The object's full name, by the session's current catalog and schema."""
    if kind == SCHEMA and len(parts) == 1:
        return f"{tables.session.catalog}.{parts[0]}"
    levels = next((levels for _, levels, stored in KINDS if stored == kind), 3)
    return tables.full_name(parts) if levels == 3 else ".".join(parts)
