"""Table names as Spark writes them: splitting `a`.b.c, and quoting."""

from __future__ import annotations

import re

from rehearsal.compute.gateway.refusals import Refusal, forbidden, unparsable

_PART = re.compile(r"\s*(?:`((?:[^`]|``)+)`|([\w-]+))\s*(\.|$)")


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


def full_name(parts: list[str]) -> str | None:
    """`catalog.schema.table`; None for a single name, which can only be a temporary view. Raises Refusal."""
    if len(parts) == 3:
        return ".".join(parts)
    if len(parts) == 1:
        return None
    raise incomplete(".".join(parts))


def incomplete(name: str) -> Refusal:
    """A name that is neither `catalog.schema.table` nor a temporary view's."""
    first = name.split(".")[0].lower()
    if first in ("delta", "parquet", "csv", "json", "text", "orc", "binaryfile", "avro"):
        return forbidden(f"Access to a path by {first}.`...`")
    return unparsable(f"Table '{name}': write the full name, catalog.schema.table.")


def quoted(name: str) -> str:
    """The name in backquotes."""
    return "`" + name.replace("`", "``") + "`"


def delta(path: str) -> str:
    """How Spark is told to use the Delta table in a folder."""
    return f"delta.{quoted(path)}"
