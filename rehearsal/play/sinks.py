"""The outside world of batch inference's sinks: it has a database and its secret, and reads what arrived in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from databricks.sdk import WorkspaceClient
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from environments import names
from environments.settings import Environment, Model
from rehearsal.play.database import Database
from rehearsal.play.platform import LocalPlatform
from rehearsal.workspace.online_store import databases

TABLE, FILES, POSTGRESQL, ONLINE = "table", "files", "PostgreSQL", "online store"


def let_in(admin: WorkspaceClient, environment: Environment, database: Database) -> None:
    """Put the database's password where the environment's jobs look for it, as who runs the database would."""
    if environment.jdbc:
        scope, key = names.secret_scope(environment), environment.jdbc.secret
        admin.secrets.put_secret(scope, key, string_value=database.admit(environment.jdbc))


@dataclass(frozen=True)
class Arrived:
    """What a sink has: how many predictions, and what it says of one of them, moments left out."""

    count: int
    one: dict[str, Any] | None


@dataclass(frozen=True)
class Outside:
    """Those who read the sinks: a data scientist, who runs the PostgreSQL server, who looks up by key."""

    platform: LocalPlatform
    database: Database
    scientist: SparkSession

    def arrived(self, environment: Environment, model: Model) -> dict[str, Arrived]:
        """What the table of predictions has and what each of the model's sinks, and what they say of the newest one."""
        contract, sinks = model.predictions, model.batch.sinks
        said = [name for name, column in contract.columns.items() if column.type not in ("date", "timestamp")]
        table = self.scientist.table(names.prediction_table(environment, model))
        newest = table.orderBy(F.col(str(contract.time_key)).desc()).first()
        if newest is None:
            raise LookupError(f"nothing was predicted in {names.prediction_table(environment, model)}")
        key = {column: newest[column] for column in contract.primary_key}
        found = {TABLE: _in_frame(table, key, said)}
        if sinks.files:
            reader = self.scientist.read.schema(table.schema).option("header", True).format(sinks.files.format)
            files = reader.load(names.prediction_files(environment, model, sinks.files))
            found[FILES] = _in_frame(files, key, said)
        if sinks.jdbc and environment.jdbc:
            with self.database.opened(environment.jdbc) as connection:
                found[POSTGRESQL] = _in_table(connection, Identifier(sinks.jdbc.table), key, said)
        if sinks.online:
            online = names.online_table(environment, model, model.batch.table)
            reached = self.platform.online_reader(environment.name, names.online_store(environment))
            with psycopg.connect(reached) as connection:
                name = Identifier(databases.schema_of(online), databases.table_of(online))
                found[ONLINE] = _in_table(connection, name, key, said)
        return found


def _in_frame(frame: DataFrame, key: dict[str, Any], said: list[str]) -> Arrived:
    of_key = frame
    for column, value in key.items():
        of_key = of_key.where(F.col(column) == value)
    rows = of_key.select(*said).collect()
    return Arrived(frame.count(), rows[0].asDict() if len(rows) == 1 else None)


def _in_table(connection: psycopg.Connection, table: Identifier, key: dict[str, Any], said: list[str]) -> Arrived:
    of_key = SQL(" AND ").join(SQL("{} = %s").format(Identifier(column)) for column in key)
    columns = SQL(", ").join(map(Identifier, said))
    one = SQL("SELECT {} FROM {} WHERE {}").format(columns, table, of_key)
    count = connection.execute(SQL("SELECT count(*) FROM {}").format(table)).fetchone()
    assert count is not None
    with connection.cursor(row_factory=dict_row) as cursor:
        return Arrived(count[0], cursor.execute(one, list(key.values())).fetchone())
