"""The newest predictions go to a table of PostgreSQL, where those who use them have their own data."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from environments import names
from environments.settings import Environment, TableContract
from environments.sinks import Jdbc
from pipelines.errors import PipelineError
from pipelines.sinks.newest import newest_predictions
from pipelines.sinks.postgresql import upsert
from pipelines.tables import session
from pipelines.task import Task, log, run_stage

_CONNECT_SECONDS = 30


def write_table(task: Task) -> None:
    """Merge the newest predictions, all of them or none. A repetition changes nothing."""
    sink, contract, database = task.model.batch.sinks.jdbc, task.model.predictions, task.environment.jdbc
    if sink is None:
        raise PipelineError(f"model {task.model.name}, batch.sinks.jdbc", "nothing", "settings of the table")
    if database is None:
        raise PipelineError(f"environments/{task.environment.name}.yaml, jdbc", "nothing", "the database of the table")
    where = f"table {sink.table} of database {database.database} on {database.host}"
    try:
        with _connection(task.environment, database) as connection:
            written = upsert(connection, sink.table, contract, texts(newest_predictions(task, session()), contract))
    except psycopg.Error as error:
        expected = f"a table that {database.user} may write, with the columns and the key of the predictions"
        raise PipelineError(where, str(error).strip(), expected) from error
    log.info("%s: %d rows added or changed", where, written)


def texts(rows: DataFrame, contract: TableContract) -> Iterator[tuple[str | None, ...]]:
    """The rows as texts, as Spark says its values and PostgreSQL reads them; moments in UTC, as the session's zone is.

    They come from Spark by batches of Arrow, of which one is held at a time.
    """
    yield from rows.select(*[F.col(name).cast("string") for name in contract.columns]).toLocalIterator()


def _connection(environment: Environment, database: Jdbc) -> psycopg.Connection:
    """Signed in by the password of the secret scope; by TLS, unless libpq's own variable says otherwise."""
    from databricks.sdk.runtime import dbutils

    return psycopg.connect(
        host=database.host,
        port=database.port,
        dbname=database.database,
        user=database.user,
        password=dbutils.secrets.get(names.secret_scope(environment), database.secret),
        sslmode=os.environ.get("PGSSLMODE", "require"),
        connect_timeout=_CONNECT_SECONDS,
    )


def main() -> None:
    """Entry point of the wheel."""
    run_stage("predictions_to_postgresql", write_table)
