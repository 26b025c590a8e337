"""Predictions leave their table by Spark's gateway: as files of a volume, and into a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from databricks.sdk.service.catalog import VolumeInfo, VolumeType
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from bench.streaming_stage import SCHEMA, task
from environments import names
from pipelines.errors import PipelineError
from pipelines.sinks import files, jdbc
from rehearsal.play.database import Database
from rehearsal.workspace.context import Platform
from rehearsal.workspace.identity import bootstrap, principals
from rehearsal.workspace.unity_catalog import volumes
from tests.workspace.spark_support import ALICE, MALLORY, ports, session_of, spark_platform

TASK = replace(task(), stage="sinks")
ENVIRONMENT, MODEL = TASK.environment, TASK.model
TABLE = names.prediction_table(ENVIRONMENT, MODEL)
assert MODEL.batch.sinks.files and MODEL.batch.sinks.jdbc and ENVIRONMENT.jdbc
VOLUME, FOLDER = MODEL.batch.sinks.files.volume, names.prediction_files(ENVIRONMENT, MODEL, MODEL.batch.sinks.files)
DAYS = MODEL.batch.window_days + 3
# A flight an hour; the last is of the day's last hour, so that the window begins with the last hour of its first day.
ROWS = f"""
    SELECT concat('XX-', id) AS flight_id, timestamp'2013-03-01 00:00:00.000001Z' + make_interval(0, 0, 0, 0, id)
      AS scheduled_departure, 0.1D + 0.2D AS probability_late, id % 2 = 1 AS predicted_late,
      '1' AS model_version, timestamp'2013-03-10 02:30:00Z' AS scored_at
    FROM range({24 * DAYS})"""
IN_WINDOW = 24 * (MODEL.batch.window_days + 1)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with spark_platform(tmp_path_factory.mktemp("home")) as running:
        with running.store.transaction() as tx:
            volume = VolumeInfo(catalog_name="dev", schema_name=SCHEMA, name=VOLUME, volume_type=VolumeType.MANAGED)
            volumes.create(tx, principals.load(tx, bootstrap.ADMIN), running, volume)
        yield running


@pytest.fixture(scope="module")
def spark(platform: Platform) -> SparkSession:
    """Alice's session, as `pipelines.tables.session` gives one; the predictions are there."""
    session = session_of(platform, ALICE)
    session.conf.set("spark.sql.session.timeZone", "UTC")
    columns = ", ".join(f"{name} {column.type}" for name, column in MODEL.predictions.columns.items())
    session.sql(f"CREATE TABLE {TABLE} ({columns})")
    session.sql(ROWS).select(*MODEL.predictions.columns).write.insertInto(TABLE)
    return session


def test_files_of_whole_days_which_a_repetition_replaces(
    platform: Platform, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "session", lambda: spark)
    for _ in range(2):
        files.write_files(TASK)
        written = spark.read.parquet(FOLDER)
        assert written.count() == IN_WINDOW
        assert written.select("day").distinct().count() == MODEL.batch.window_days + 1
        contents = written.select(*MODEL.predictions.columns)
        assert contents.exceptAll(spark.table(TABLE)).count() == 0
    with pytest.raises(PySparkException, match="INSUFFICIENT_PERMISSIONS"):
        session_of(platform, MALLORY).read.parquet(FOLDER).count()


def test_rows_of_postgresql_are_exact_and_a_repetition_writes_none(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(jdbc, "session", lambda: spark)
    database = Database(tmp_path, ports().base)
    database.start()
    try:
        database.admit(ENVIRONMENT.jdbc)
        monkeypatch.setattr(jdbc, "_connection", lambda *_: database.opened(ENVIRONMENT.jdbc))
        said = "SELECT *, xmin::text FROM flight_delays ORDER BY scheduled_departure"
        found = []
        for _ in range(2):
            jdbc.write_table(TASK)
            with database.opened(ENVIRONMENT.jdbc) as connection:
                connection.execute("SET TIME ZONE 'UTC'")
                found.append(connection.execute(said).fetchall())
        assert found[0] == found[1] and len(found[0]) == IN_WINDOW
        assert found[0][-1][:-1] == (
            f"XX-{24 * DAYS - 1}",
            datetime(2013, 3, DAYS, 23, 0, 0, 1, tzinfo=UTC),
            0.1 + 0.2,
            True,
            "1",
            datetime(2013, 3, 10, 2, 30, tzinfo=UTC),
        )
    finally:
        database.stop()


def test_a_database_that_does_not_answer_is_told(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jdbc, "session", lambda: spark)
    monkeypatch.setattr(
        jdbc, "_connection", lambda *_: psycopg.connect(host="127.0.0.1", port=ports().outside_postgres, user="x")
    )
    with pytest.raises(PipelineError, match=r"table flight_delays of database operations_dev on .*refused"):
        jdbc.write_table(TASK)
