"""CREATE TABLE … LIKE and … CLONE: a table that starts as another one's copy."""

from __future__ import annotations

from collections.abc import Callable

from rehearsal.compute.gateway import literals, names, refusals
from rehearsal.compute.gateway.sql_words import Words
from rehearsal.compute.gateway.statement import NOTHING, Answer
from rehearsal.compute.gateway.tables import Tables


def read(words: Words) -> Answer | None:
    """How the statement is answered, if it is one of these. Raises Refusal."""
    again = Words(words.text)
    replace = again.skip("CREATE", "OR", "REPLACE", "TABLE")
    if not replace and not again.skip("CREATE", "TABLE"):
        return None
    if_not_exists = again.skip("IF", "NOT", "EXISTS")
    parts = again.parts()
    if again.skip("LIKE"):
        return _copy(again, parts, replace, if_not_exists, _emptied)
    if again.skip("SHALLOW", "CLONE"):
        return _copy(again, parts, replace, if_not_exists, None)
    if again.skip("DEEP", "CLONE") or again.skip("CLONE"):
        return _copy(again, parts, replace, if_not_exists, _rewritten)
    return None


def _copy(
    words: Words,
    parts: list[str],
    replace: bool,
    if_not_exists: bool,
    then: Callable[[Tables, str], None] | None,
) -> Answer:
    """Delta clones a table's definition with references to its files; `then` makes the copy stand on its own."""
    source = words.parts()
    version = ""
    if words.skip("VERSION", "AS", "OF"):
        version = f" VERSION AS OF {int(words.one('a version'))}"
    elif words.skip("TIMESTAMP", "AS", "OF"):
        version = f" TIMESTAMP AS OF {literals.text(words.string('a time'))}"
    if words.skip("USING"):
        words.expect("DELTA")
    properties = words.pairs() if words.skip("TBLPROPERTIES") else {}
    words.end()

    def answer(tables: Tables) -> str:
        name = tables.full_name(parts)
        known = tables.exists(name)
        if known and if_not_exists:
            return NOTHING
        if known and replace:
            raise refusals.unsupported("CREATE OR REPLACE TABLE … CLONE of a table that exists")
        below = tables.existing(tables.full_name(source), "SELECT")
        location = tables.new(name, properties=properties)
        if then is not None:
            tables.effects.insert(0, lambda: then(tables, location))
        listed = ", ".join(f"{literals.text(key)} = {literals.text(value)}" for key, value in properties.items())
        tail = f" TBLPROPERTIES ({listed})" if properties else ""
        return f"CREATE TABLE {names.delta(location)} SHALLOW CLONE {names.delta(below)}{version}{tail}"

    return answer


def _emptied(tables: Tables, location: str) -> None:
    tables.spark.run(f"DELETE FROM {names.delta(location)}")


def _rewritten(tables: Tables, location: str) -> None:
    """Write all rows anew, into files of the copy's own."""
    column = names.quoted(tables.spark.schema(f"SELECT * FROM {names.delta(location)}").names[-1])
    tables.spark.run(f"UPDATE {names.delta(location)} SET {column} = {column}")
