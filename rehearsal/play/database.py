"""The outside world's PostgreSQL, in the place of an Azure Database for PostgreSQL: who uses predictions has it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from environments.sinks import Jdbc
from rehearsal.postgres.server import Server
from rehearsal.workspace.context import Ports


class Database:
    """The server of one home folder; its process outlives the one that starts it, until `stop`."""

    def __init__(self, home: Path, port_base: int) -> None:
        home = home.resolve()
        self.port = Ports(port_base).outside_postgres
        self._folder = home / "database"
        self._server = Server(self._folder, home / "logs" / "database.log", self.port, lasts=True)

    def start(self) -> None:
        """Start it unless it runs; return when it answers. Raises ServerError."""
        self._server.start()

    def stop(self) -> None:
        """End it in an orderly way, if it runs."""
        self._server.stop()

    def admit(self, wanted: Jdbc) -> str:
        """Make the database and its user, unless they are there; the user's password."""
        password, user, name = self._password_of_users(), Identifier(wanted.user), Identifier(wanted.database)
        with self._server.open() as connection:
            connection.autocommit = True
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (wanted.user,)).fetchone():
                connection.execute(SQL("CREATE ROLE {}").format(user))
            connection.execute(SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(user, Literal(password)))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (wanted.database,)).fetchone():
                connection.execute(SQL("CREATE DATABASE {} OWNER {}").format(name, user))
                connection.execute(SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        return password

    def _password_of_users(self) -> str:
        """One for all, and for good: environments, whose servers are one here, may name the same user."""
        file = self._folder / "password_of_users"
        if not file.exists():
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
                output.write(secrets.token_urlsafe(32))
        return file.read_text()

    def opened(self, wanted: Jdbc) -> psycopg.Connection:
        """A connection to a database as who runs the server. Raises psycopg.OperationalError."""
        return self._server.open(wanted.database)
