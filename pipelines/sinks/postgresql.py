"""Rows of a contract in a table of PostgreSQL: merged by key, in one transaction, so that all are there or none.

They are sent by COPY into a temporary table first: https://www.postgresql.org/docs/current/populate.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from environments.settings import TableContract

TYPES = {
    "string": "text",
    "int": "integer",
    "bigint": "bigint",
    "double": "double precision",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp with time zone",
}
_STAGED = Identifier("staged_rows")


def upsert(
    connection: psycopg.Connection, table: str, contract: TableContract, rows: Iterable[Sequence[str | None]]
) -> int:
    """Merge rows, as texts in the contract's order, by its primary key; how many were new or said something else.

    The table is made if it is not there. Rows that say what is there already are not written again. Raises
    psycopg.Error, and whatever `rows` raise; the table is then as it was.
    """
    target, columns, keys = Identifier(table), _names(contract.columns), _names(contract.primary_key)
    others = [name for name in contract.columns if name not in contract.primary_key]
    assignments = SQL(", ").join(SQL("{0} = excluded.{0}").format(Identifier(name)) for name in others)
    merge = SQL(
        "INSERT INTO {target} ({columns}) SELECT {columns} FROM {staged} ON CONFLICT ({keys}) "
        "DO UPDATE SET {assignments} WHERE ({before}) IS DISTINCT FROM ({after})"
    ).format(
        target=target,
        columns=columns,
        staged=_STAGED,
        keys=keys,
        assignments=assignments,
        before=SQL(", ").join(SQL("{}.{}").format(target, Identifier(name)) for name in others),
        after=SQL(", ").join(SQL("excluded.{}").format(Identifier(name)) for name in others),
    )
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        # Asked first: who may write a table need not be allowed to make one.
        if cursor.execute("SELECT to_regclass(%s)", (target.as_string(connection),)).fetchone() == (None,):
            cursor.execute(SQL("CREATE TABLE {} ({}, PRIMARY KEY ({}))").format(target, _columns(contract), keys))
        cursor.execute(SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(_STAGED, _columns(contract)))
        with cursor.copy(SQL("COPY {} ({}) FROM STDIN").format(_STAGED, columns)) as copy:
            for row in rows:
                copy.write_row(row)
        return cursor.execute(merge).rowcount


def _names(columns: Iterable[str]) -> Composed:
    return SQL(", ").join(map(Identifier, columns))


def _columns(contract: TableContract) -> Composed:
    return SQL(", ").join(
        SQL("{} {}{}").format(
            Identifier(name), SQL(TYPES[column.type]), SQL("") if column.nullable else SQL(" NOT NULL")
        )
        for name, column in contract.columns.items()
    )
