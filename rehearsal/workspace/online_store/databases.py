"""One PostgreSQL database for each online store, with a role that may read and nothing else."""

from __future__ import annotations

import hashlib

from psycopg import sql

from rehearsal.workspace.online_store.postgres import Postgres

# Longer names are cut off by PostgreSQL without a word.
MAX_NAME_BYTES = 63
_READER_SECONDS = 5


def make(postgres: Postgres, database: str, role: str, password: str) -> None:
    """The database and its reader, unless they are there. The reader connects to this database alone."""
    name, reader = sql.Identifier(database), sql.Identifier(role)
    with postgres.connect() as connection:
        connection.autocommit = True
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {}").format(reader))
        connection.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(reader, sql.Literal(password)))
        connection.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(reader))
        limit = sql.Literal(f"{_READER_SECONDS}s")
        connection.execute(sql.SQL("ALTER ROLE {} SET statement_timeout = {}").format(reader, limit))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, reader))


def remove(postgres: Postgres, database: str, role: str) -> None:
    """Drop the database with all that is in it, and its reader."""
    name, reader = sql.Identifier(database), sql.Identifier(role)
    with postgres.connect() as connection:
        connection.autocommit = True
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(reader))


def fitting(name: str) -> str:
    """A name as PostgreSQL keeps it: one that is too long gets a digest for its end, so that two never meet."""
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return name.encode()[: MAX_NAME_BYTES - len(digest) - 1].decode(errors="ignore") + "_" + digest


def schema_of(full_name: str) -> str:
    """The PostgreSQL schema that stands for the Unity Catalog schema of an online table."""
    catalog, schema, _ = full_name.split(".")
    return fitting(f"{catalog}.{schema}")


def table_of(full_name: str) -> str:
    """The PostgreSQL table of an online table."""
    return fitting(full_name.split(".")[2])
