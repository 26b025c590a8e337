"""Looks features up by key in one online table: what a model server does at each request, with the store's reader role.

A thread keeps its connection, and the server each statement that it has planned.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from rehearsal.workspace.online_store import loading
from rehearsal.workspace.online_store.loading import Content

_CONNECT_SECONDS = 5
Row = tuple[Any, ...]


class LookupFailed(Exception):
    """The online table cannot be asked; the text is for who asked the endpoint."""


class OnlineTable:
    """An online table as a reader sees it; usable from any thread.

    Args:
        source: the feature table that it is published from, for messages.
        dsn: how to connect, as libpq writes it.
    """

    def __init__(self, source: str, dsn: str, schema: str, table: str) -> None:
        self._source = source
        self._dsn = dsn
        self._schema, self._table = schema, table
        self._kept = threading.local()

    def rows(self, keys: Sequence[Sequence[Any]], features: Sequence[str]) -> list[Row | None]:
        """For each key (in the primary key's order) its features, or None where it has no row. Raises LookupFailed.

        One query, whatever the number of keys. A connection that has ended, or that planned for columns which a new
        publication changed, is replaced once.
        """
        for attempt in (1, 2):
            try:
                return self._rows(keys, tuple(features))
            except psycopg.errors.UndefinedColumn as error:
                raise LookupFailed(f"Feature table '{self._source}' was published without {list(features)}.") from error
            except psycopg.errors.UndefinedTable as error:
                raise self._not_published() from error
            except psycopg.Error as error:
                self._forget()
                if attempt == 2:
                    raise LookupFailed(
                        f"The online store of feature table '{self._source}' cannot be reached now."
                    ) from error
        raise AssertionError("the second attempt returns or raises")

    def _rows(self, keys: Sequence[Sequence[Any]], features: tuple[str, ...]) -> list[Row | None]:
        connection, content = self._connection()
        if keys and len(keys[0]) != len(content.keys):
            raise LookupFailed(f"Feature table '{self._source}' was published with the primary key {content.keys}.")
        statements: dict[tuple[bool, tuple[str, ...]], Composed] = self._kept.statements
        one = len(keys) == 1
        if (one, features) not in statements:
            statements[one, features] = self._one(content, features) if one else self._many(content, features)
        statement = statements[one, features]
        if one:
            found = connection.execute(statement, tuple(keys[0]), prepare=True, binary=True).fetchone()
            return [found]
        columns = [list(column) for column in zip(*keys, strict=True)]
        answers: list[Row | None] = [None] * len(keys)
        for place, *values in connection.execute(statement, columns, prepare=True, binary=True):
            answers[place - 1] = tuple(values)
        return answers

    def _connection(self) -> tuple[psycopg.Connection, Content]:
        if not hasattr(self._kept, "connection"):
            connection = psycopg.connect(self._dsn, autocommit=True, connect_timeout=_CONNECT_SECONDS)
            content = loading.content_of(connection, self._schema, self._table)
            if content is None:
                connection.close()
                raise self._not_published()
            self._kept.content, self._kept.statements = content, {}
            self._kept.connection = connection
        return self._kept.connection, self._kept.content

    def _forget(self) -> None:
        if hasattr(self._kept, "connection"):
            self._kept.connection.close()
            del self._kept.connection

    def _not_published(self) -> LookupFailed:
        return LookupFailed(f"Feature table '{self._source}' is not published to an online store any more.")

    def _one(self, content: Content, features: Iterable[str]) -> Composed:
        wanted = SQL(" AND ").join(SQL("{} = %s").format(Identifier(key)) for key in content.keys)
        table = Identifier(self._schema, self._table)
        return SQL("SELECT {} FROM {} WHERE {}").format(SQL(", ").join(map(Identifier, features)), table, wanted)

    def _many(self, content: Content, features: Iterable[str]) -> Composed:
        names = [Identifier(f"key_{number}") for number in range(len(content.keys))]
        arrays = SQL(", ").join(SQL("%s::{}[]").format(SQL(content.columns[key])) for key in content.keys)
        same = SQL(" AND ").join(
            SQL("published.{} = asked.{}").format(Identifier(key), name)
            for key, name in zip(content.keys, names, strict=True)
        )
        return SQL(
            "SELECT place, {} FROM unnest({}) WITH ORDINALITY AS asked({}, place) JOIN {} AS published ON {}"
        ).format(
            SQL(", ").join(SQL("published.{}").format(Identifier(feature)) for feature in features),
            arrays,
            SQL(", ").join(names),
            Identifier(self._schema, self._table),
            same,
        )
