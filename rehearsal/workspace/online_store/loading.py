"""Writes rows into an online table: by COPY into a staging table, then all at once, so that nobody sees half of it.

Which version of which Delta table is there is kept as the table's comment, and so changes with the rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
import pyarrow as pa
from psycopg import sql
from psycopg.sql import SQL, Composed, Identifier

from rehearsal.workspace.online_store.columns import csv_rows
from rehearsal.workspace.online_store.databases import fitting

_STAGING, _CHANGED, _NEXT = Identifier("staging"), Identifier("changed"), "next of "


@dataclass(frozen=True)
class Content:
    """What an online table holds: which version of which table, by which columns and keys."""

    source_id: str
    version: int
    columns: dict[str, str]
    keys: tuple[str, ...]
    time: str | None

    def continues(self, other: Content | None) -> bool:
        """May this be reached from the other by changing rows, without making the table anew?"""
        if other is None or self.version < other.version:
            return False
        return (self.source_id, self.columns, self.keys, self.time) == (
            *(other.source_id, other.columns, other.keys, other.time),
        )


def content_of(connection: psycopg.Connection, schema: str, table: str) -> Content | None:
    """What the table holds now; None when it is not there."""
    name = Identifier(schema, table).as_string(connection)
    row = connection.execute("SELECT obj_description(to_regclass(%s), 'pg_class')", (name,)).fetchone()
    if row is None or row[0] is None:
        return None
    told = json.loads(row[0])
    return Content(**{**told, "keys": tuple(told["keys"])})


def make_schema(connection: psycopg.Connection, schema: str, reader: str) -> None:
    """Make the schema, unless it is there, and commit: two that made one at once would disturb each other."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('make_schema'))")
    connection.execute(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(schema)))
    connection.execute(SQL("GRANT USAGE ON SCHEMA {} TO {}").format(Identifier(schema), Identifier(reader)))
    connection.commit()


def replace(
    connection: psycopg.Connection,
    schema: str,
    table: str,
    reader: str,
    content: Content,
    rows: Iterable[pa.RecordBatch],
) -> None:
    """Make the table anew. Raises psycopg.Error; the connection's transaction then leaves the old one as it was."""
    _stage(connection, content, rows)
    target, following = Identifier(schema, table), Identifier(schema, _following(table))
    connection.execute(SQL("DROP TABLE IF EXISTS {}").format(following))
    connection.execute(SQL("CREATE TABLE {} ({})").format(following, _columns(content)))
    _take_latest(connection, following, content)
    connection.execute(SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(following, _names(content.keys)))
    connection.execute(SQL("GRANT SELECT ON {} TO {}").format(following, Identifier(reader)))
    connection.execute(SQL("ANALYZE {}").format(following))
    # From here to the end of the transaction who reads waits: some thousandths of a second.
    connection.execute(SQL("DROP TABLE IF EXISTS {}").format(target))
    connection.execute(SQL("ALTER TABLE {} RENAME TO {}").format(following, Identifier(table)))
    _note(connection, target, content)


def merge(
    connection: psycopg.Connection,
    schema: str,
    table: str,
    content: Content,
    keys: pa.Table,
    rows: Iterable[pa.RecordBatch],
) -> None:
    """Give each of these keys the row that it has now, or none. Raises psycopg.Error."""
    target = Identifier(schema, table)
    types = SQL(", ").join(SQL("{} {}").format(Identifier(key), SQL(content.columns[key])) for key in content.keys)
    connection.execute(SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(_CHANGED, types))
    _copy(connection, _CHANGED, content.keys, keys.select(list(content.keys)).to_batches())
    _stage(connection, content, rows)
    same = SQL(" AND ").join(
        SQL("{}.{} = {}.{}").format(target, Identifier(key), _CHANGED, Identifier(key)) for key in content.keys
    )
    connection.execute(SQL("DELETE FROM {} USING {} WHERE {}").format(target, _CHANGED, same))
    _take_latest(connection, target, content)
    _note(connection, target, content)


def drop(connection: psycopg.Connection, schema: str, table: str) -> None:
    """Remove the table, if it is there."""
    connection.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(schema, table)))


def _stage(connection: psycopg.Connection, content: Content, rows: Iterable[pa.RecordBatch]) -> None:
    connection.execute(SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(_STAGING, _columns(content)))
    _copy(connection, _STAGING, tuple(content.columns), rows)


def _copy(
    connection: psycopg.Connection, table: Identifier, columns: tuple[str, ...], rows: Iterable[pa.RecordBatch]
) -> None:
    statement = SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(table, _names(columns))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for batch in rows:
            copy.write(csv_rows(batch))


def _take_latest(connection: psycopg.Connection, target: Identifier, content: Content) -> None:
    """From staging into the target: of each key the latest row, where there is a time to tell."""
    names = _names(tuple(content.columns))
    latest = SQL("")
    order = SQL("")
    if content.time:
        keys = _names(content.keys)
        latest = SQL("DISTINCT ON ({}) ").format(keys)  # type: ignore[assignment]
        order = SQL(" ORDER BY {}, {} DESC").format(keys, Identifier(content.time))  # type: ignore[assignment]
    connection.execute(
        SQL("INSERT INTO {} ({}) SELECT {}{} FROM {}{}").format(target, names, latest, names, _STAGING, order)
    )


def _note(connection: psycopg.Connection, target: Identifier, content: Content) -> None:
    told = sql.Literal(json.dumps(vars(content)))
    connection.execute(SQL("COMMENT ON TABLE {} IS {}").format(target, told))


def _columns(content: Content) -> Composed:
    return SQL(", ").join(SQL("{} {}").format(Identifier(name), SQL(kind)) for name, kind in content.columns.items())


def _names(columns: tuple[str, ...]) -> Composed:
    return SQL(", ").join(map(Identifier, columns))


def _following(table: str) -> str:
    return fitting(_NEXT + table)
