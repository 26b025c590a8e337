"""Statements that are about the catalog alone: SHOW, GRANT, REVOKE, CREATE SCHEMA, DROP SCHEMA.

Read from their tokens. What they ask for is done or answered by the catalog; Spark gets a query of the answer.
"""

from __future__ import annotations

import re

import sqlglot

from rehearsal.compute.gateway.listing import Listing, Value, texts
from rehearsal.compute.gateway.metadata import Metadata
from rehearsal.compute.gateway.refusals import unparsable, unsupported
from rehearsal.compute.gateway.statement import NOTHING, Answer
from rehearsal.workspace.unity_catalog import grants

_SHOW = re.compile(r"\s*SHOW\b", re.IGNORECASE)
_KINDS = (
    ("EXTERNAL LOCATION", 1),
    ("STORAGE CREDENTIAL", 1),
    ("CATALOG", 1),
    ("SCHEMA", 2),
    ("DATABASE", 2),
    ("TABLE", 3),
    ("VIEW", 3),
    ("VOLUME", 3),
    ("FUNCTION", 3),
    ("MODEL", 3),
    ("METASTORE", 0),
)
_STORED_AS = {"DATABASE": "SCHEMA", "VIEW": "TABLE", "MODEL": "FUNCTION"}


def read(text: str, tokens: list[sqlglot.Token]) -> Answer | None:
    """How the statement is answered, if it is one of these. Raises Refusal for one that is not written right."""
    if show := _SHOW.match(text):
        # sqlglot takes all that follows this word for one token.
        return _show(Words(sqlglot.tokenize(text[show.end() :], read="databricks")))
    words = Words(tokens)
    for verb, preposition in (("GRANT", "TO"), ("REVOKE", "FROM")):
        if words.skip(verb):
            return _grant(words, verb, preposition)
    for verb in ("CREATE", "DROP"):
        if words.skip(verb, "SCHEMA") or words.skip(verb, "DATABASE"):
            return _create_schema(words) if verb == "CREATE" else _drop_schema(words)
    return None


class Words:
    """The statement's tokens, consumed from the left. All methods that expect something raise Refusal."""

    def __init__(self, tokens: list[sqlglot.Token]) -> None:
        self._tokens = tokens[:-1] if tokens and tokens[-1].text == ";" else tokens
        self._position = 0

    def skip(self, *expected: str) -> bool:
        """Consume these words if they come next."""
        found = [token.text.upper() for token in self._tokens[self._position : self._position + len(expected)]]
        if found != list(expected):
            return False
        self._position += len(expected)
        return True

    def expect(self, *expected: str) -> None:
        """Consume these words, which must come next."""
        if not self.skip(*expected):
            raise self.wrong(" ".join(expected))

    def one(self, what: str) -> str:
        """The next token's text: a name without its quotes, a string."""
        if self.at_end:
            raise self.wrong(what)
        self._position += 1
        return str(self._tokens[self._position - 1].text)

    def name(self, parts: int) -> str:
        """A name of so many parts."""
        start = self._position
        found = [self.one("a name")]
        while self.skip("."):
            found.append(self.one("a name"))
        if len(found) != parts:
            self._position = start
            raise self.wrong(f"a name of {parts} part{'s' if parts > 1 else ''}")
        return ".".join(found)

    def end(self) -> None:
        """Nothing may follow."""
        if not self.at_end:
            raise self.wrong("the end of the statement")

    @property
    def at_end(self) -> bool:
        """Has everything been consumed?"""
        return self._position >= len(self._tokens)

    def wrong(self, expected: str) -> Exception:
        """The error that says what was expected where."""
        found = "the end of the statement" if self.at_end else repr(self._tokens[self._position].text)
        return unparsable(f"Found {found} where {expected} is expected.")


def _show(words: Words) -> Answer:
    if words.skip("CATALOGS"):
        pattern = _pattern(words)
        return lambda metadata: texts(("catalog",), [(one["name"],) for one in metadata.catalogs(pattern)]).query()
    if words.skip("SCHEMAS") or words.skip("DATABASES"):
        catalog = _place(words, 1)
        pattern = _pattern(words)
        return lambda metadata: texts(
            ("databaseName",), [(one["name"],) for one in metadata.schemas(catalog, pattern)]
        ).query()
    if words.skip("TABLES"):
        schema = _place(words, 2)
        pattern = _pattern(words)
        return lambda metadata: _show_tables(metadata, schema, pattern)
    if words.skip("VOLUMES"):
        schema = _place(words, 2)
        pattern = _pattern(words)
        return lambda metadata: texts(
            ("database", "volume_name"),
            [(one["schema_name"], one["name"]) for one in metadata.volumes(schema, pattern)],
        ).query()
    if words.skip("GRANTS") or words.skip("GRANT"):
        principal = None if words.skip("ON") else words.one("a principal")
        if principal is not None:
            words.expect("ON")
        kind, name = _securable(words)
        words.end()
        return lambda metadata: metadata.listed_grants(kind, name, principal).query()
    raise unsupported(f"SHOW {words.one('what to show').upper()}")


def _show_tables(metadata: Metadata, schema: str, pattern: str) -> str:
    rows: list[tuple[Value, ...]] = [
        (one["schema_name"], one["name"], False) for one in metadata.tables(schema, pattern)
    ]
    return Listing((("database", "STRING"), ("tableName", "STRING"), ("isTemporary", "BOOLEAN")), rows).query()


def _grant(words: Words, verb: str, preposition: str) -> Answer:
    privileges = [words.one("a privilege")]
    while not words.skip("ON"):
        if words.skip(","):
            privileges.append(words.one("a privilege"))
        else:
            privileges[-1] += "_" + words.one("ON")
    kind, name = _securable(words)
    words.expect(preposition)
    principal = words.one("a principal")
    words.end()
    change = grants.Change(
        principal=principal,
        add=tuple(privileges) if verb == "GRANT" else (),
        remove=tuple(privileges) if verb == "REVOKE" else (),
    )

    def answer(metadata: Metadata) -> str:
        metadata.change_grants(kind, name, change)
        return NOTHING

    return answer


def _create_schema(words: Words) -> Answer:
    if_not_exists = words.skip("IF", "NOT", "EXISTS")
    name = words.name(2)
    comment = words.one("a comment") if words.skip("COMMENT") else None
    words.end()

    def answer(metadata: Metadata) -> str:
        metadata.create_schema(name, comment, if_not_exists)
        return NOTHING

    return answer


def _drop_schema(words: Words) -> Answer:
    if_exists = words.skip("IF", "EXISTS")
    name = words.name(2)
    cascade = words.skip("CASCADE")
    if not cascade:
        words.skip("RESTRICT")
    words.end()

    def answer(metadata: Metadata) -> str:
        metadata.drop_schema(name, cascade, if_exists)
        return NOTHING

    return answer


def _securable(words: Words) -> tuple[str, str]:
    """Kind and name of what a grant is on; a name without a kind is a table's."""
    for kind, parts in _KINDS:
        if words.skip(*kind.split()):
            name = words.name(parts) if parts else ""
            return _STORED_AS.get(kind, kind).replace(" ", "_"), name
    return "TABLE", words.name(3)


def _place(words: Words, parts: int) -> str:
    if not (words.skip("IN") or words.skip("FROM")):
        raise words.wrong("IN and a full name")
    return words.name(parts)


def _pattern(words: Words) -> str:
    words.skip("LIKE")
    pattern = "*" if words.at_end else words.one("a pattern")
    words.end()
    return pattern
