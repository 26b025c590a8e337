"""Names as Spark writes them: splitting `a`.b.c, telling tables from paths, and quoting."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rehearsal.compute.gateway.refusals import forbidden, unparsable

_PART = re.compile(r"\s*(?:`((?:[^`]|``)+)`|([\w-]+))\s*(\.|$)")
# The first part of a name whose second part is a path.
FORMATS = frozenset({"delta", "parquet", "csv", "json", "text", "orc", "binaryfile", "avro", "xml"})
# Schemas of temporary views; those of the first are every session's.
_SESSION_SCHEMAS = frozenset({"global_temp", "session"})
# What the gateway itself makes in Spark's session.
RESERVED = "__understudy"


def split(text: str) -> list[str]:
    """Parts of a multi-part identifier. Raises Refusal."""
    parts: list[str] = []
    position = 0
    while position < len(text) or not parts:
        match = _PART.match(text, position)
        if match is None:
            raise unparsable(f"'{text}' is not a valid identifier.")
        parts.append(match[1].replace("``", "`") if match[1] else match[2])
        position = match.end()
        if position == len(text) and match[3] == ".":
            raise unparsable(f"'{text}' is not a valid identifier.")
    return parts


def is_path(parts: list[str]) -> bool:
    """Is it a path, written as a table (``delta.`/Volumes/…` ``)?"""
    return len(parts) == 2 and parts[0].lower() in FORMATS


def full_name(parts: list[str], catalog: str, schema: str) -> str:
    """`catalog.schema.table`, missing parts taken from the current ones. Raises Refusal."""
    if len(parts) > 3 or not all(parts) or any("." in part for part in parts):
        raise unparsable(f"'{'.'.join(parts)}' is not the name of a table.")
    if len(parts) == 2 and parts[0].lower() in _SESSION_SCHEMAS:
        raise forbidden(f"The schema {parts[0]}")
    return ".".join([*(catalog, schema)[: 3 - len(parts)], *parts])


def quoted(name: str) -> str:
    """The name in backquotes."""
    return "`" + name.replace("`", "``") + "`"


def spoken(parts: Iterable[str]) -> str:
    """The parts as one name that SQL reads."""
    return ".".join(quoted(part) for part in parts)


def delta(path: str) -> str:
    """How Spark is told to use the Delta table in a folder."""
    return f"delta.{quoted(path)}"
