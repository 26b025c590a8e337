"""Predictions in a real PostgreSQL: merged by key; who dies on the way leaves the table as it was."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from environments.settings import Column, TableContract
from environments.sinks import Jdbc
from pipelines.sinks.postgresql import TYPES, upsert
from rehearsal.play.database import Database
from rehearsal.postgres.server import HOST
from tests.ports import free_port_base

CONTRACT = TableContract(
    comment="what is said",
    primary_key=["id", "on_day"],
    columns={
        "id": Column(type="string", nullable=False),
        "on_day": Column(type="date", nullable=False),
        "seats": Column(type="int"),
        "miles": Column(type="bigint"),
        "probability": Column(type="double"),
        "late": Column(type="boolean"),
        "scored_at": Column(type="timestamp"),
    },
)
Row = tuple[str | None, ...]
FIRST: Row = ('O\'Hare\t"A"', "2013-03-10", "150", "9000000000", "1.0E-5", "true", "2013-03-10 07:30:00.000001")
SECOND: Row = ("b\\N", "2013-03-10", None, None, None, None, None)
CHANGED: Row = (*FIRST[:4], "NaN", *FIRST[5:])
WANTED = Jdbc(host="db.example.com", database="operations", user="writer", secret="password")
# A task in the middle of its work: it has sent a row, tells so, and waits for the next one until it is killed.
HALFWAY = """
import sys, time, psycopg
from pipelines.sinks.postgresql import upsert
from tests.unit.pipelines.test_sinks_postgresql import CHANGED, CONTRACT, SECOND
def rows():
    yield CHANGED
    print("sent", flush=True)
    time.sleep(60)
    yield SECOND
upsert(psycopg.connect(sys.argv[1]), "said", CONTRACT, rows())
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """How the user of a new database reaches it."""
    outside = Database(tmp_path_factory.mktemp("outside"), free_port_base())
    outside.start()
    try:
        password = outside.admit(WANTED)
        yield f"host={HOST} port={outside.port} dbname={WANTED.database} user={WANTED.user} password={password}"
    finally:
        outside.stop()


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened
        opened.execute("DROP TABLE IF EXISTS said")


def stored(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    """The rows as PostgreSQL says them, with the transactions that wrote them."""
    connection.execute("SET TIME ZONE 'UTC'")
    texts = ", ".join(f"{name}::text" for name in CONTRACT.columns)
    return connection.execute(f"SELECT {texts}, xmin::text FROM said ORDER BY id").fetchall()


def test_every_type_arrives_and_a_repetition_writes_nothing(connection: psycopg.Connection) -> None:
    assert {column.type for column in CONTRACT.columns.values()} == TYPES.keys()
    assert upsert(connection, "said", CONTRACT, [FIRST, SECOND]) == 2
    first, second = stored(connection)
    assert second[:-1] == ("b\\N", "2013-03-10", None, None, None, None, None)
    assert first[:-1] == (*FIRST[:4], "1e-05", "true", "2013-03-10 07:30:00.000001+00")
    assert upsert(connection, "said", CONTRACT, [SECOND, FIRST]) == 0
    assert stored(connection) == [first, second]
    assert upsert(connection, "said", CONTRACT, [CHANGED, SECOND]) == 1
    now = stored(connection)
    assert now[0][4] == "NaN" and now[0][-1] != first[-1]
    assert now[1] == second


def test_a_killed_task_changes_nothing_and_its_repetition_all(connection: psycopg.Connection, database: str) -> None:
    upsert(connection, "said", CONTRACT, [FIRST])
    before = stored(connection)
    task = subprocess.Popen([sys.executable, "-c", HALFWAY, database], stdout=subprocess.PIPE, text=True)
    assert task.stdout and task.stdout.readline() == "sent\n"
    assert stored(connection) == before
    task.kill()
    task.wait()
    assert stored(connection) == before
    assert upsert(connection, "said", CONTRACT, [CHANGED, SECOND]) == 2
    assert [row[0] for row in stored(connection)] == [CHANGED[0], SECOND[0]]


def test_rows_that_break_off_change_nothing(connection: psycopg.Connection) -> None:
    def rows() -> Iterator[Row]:
        yield FIRST
        raise ConnectionError("Spark has gone")

    with pytest.raises(ConnectionError, match="Spark has gone"):
        upsert(connection, "said", CONTRACT, rows())
    assert connection.execute("SELECT to_regclass('said')").fetchone() == (None,)


def test_a_table_of_other_columns_is_refused_by_name(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TABLE said (id text PRIMARY KEY)")
    with pytest.raises(psycopg.Error, match='column "on_day" of relation "said" does not exist'):
        upsert(connection, "said", CONTRACT, [FIRST])
