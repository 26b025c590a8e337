"""The outside world's PostgreSQL: it goes on when who started it has gone, and each environment has its database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from environments.sinks import Jdbc
from rehearsal.listening import listens
from rehearsal.play.database import Database
from rehearsal.postgres.server import HOST
from tests.ports import free_port_base

WANTED = Jdbc(host="db.example.com", database="operations", user="writer", secret="password")
START = """
import sys
from pathlib import Path
from rehearsal.play.database import Database
Database(Path(sys.argv[1]), int(sys.argv[2])).start()
"""


def test_it_lasts_until_it_is_stopped_and_keeps_what_it_has(tmp_path: Path) -> None:
    port_base = free_port_base()
    database = Database(tmp_path, port_base)

    def signed_in(password: str) -> psycopg.Connection:
        return psycopg.connect(
            host=HOST, port=database.port, dbname=WANTED.database, user=WANTED.user, password=password, autocommit=True
        )

    try:
        subprocess.run([sys.executable, "-c", START, str(tmp_path), str(port_base)], check=True)
        password = database.admit(WANTED)
        with signed_in(password) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
            # Started again while it runs, it goes on: the connection is not cut.
            database.start()
            assert connection.execute("SELECT one FROM kept").fetchone() == (1,)
        Database(tmp_path, 0).stop()
        assert not listens(database.port)
        database.start()
        # Another environment's database on the same server, by a user of the same name.
        database.admit(WANTED.model_copy(update={"database": "operations_prod"}))
        with signed_in(password) as connection:
            assert connection.execute("SELECT one FROM kept").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            signed_in("another")
    finally:
        database.stop()
