"""Feature tables by Spark's gateway: they hold what the code makes of the sources of now, and nothing besides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from pyspark.sql import SparkSession

from environments import names
from environments.settings import load_environment, load_model
from pipelines.features import run
from pipelines.models import load_code
from pipelines.task import Task
from tests.workspace.served_spark import served_platform
from tests.workspace.spark_support import ALICE, session_of, token_of

SCHEMA, TABLE = "f", "route_features"
_MODEL = load_model("flight_delay")
MODEL = _MODEL.model_copy(
    update={
        "schema_name": SCHEMA,
        "sources": _MODEL.sources.model_copy(update={"schema_name": SCHEMA}),
        "feature_tables": {TABLE: _MODEL.feature_tables[TABLE]},
        "on_demand_features": {},
    }
)
TASK = Task("features", load_environment("dev"), MODEL, load_code(MODEL.name), "code", "")
FLIGHTS, FEATURES = (
    names.source_table(TASK.environment, MODEL, "flights"),
    names.feature_table(TASK.environment, MODEL, TABLE),
)
NOON = datetime(2013, 3, 1, 12)


@pytest.fixture
def spark(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[SparkSession]:
    """Alice's session; the task's, too, which is hers. The tables are there."""
    with served_platform(tmp_path_factory.mktemp("home")) as platform:
        session = session_of(platform, ALICE)
        session.conf.set("spark.sql.session.timeZone", "UTC")
        for table, contract in ((FLIGHTS, MODEL.sources.tables["flights"]), (FEATURES, MODEL.feature_tables[TABLE])):
            columns = (
                f"{name} {column.type}{'' if column.nullable else ' NOT NULL'}"
                for name, column in contract.columns.items()
            )
            session.sql(
                f"CREATE TABLE {table} ({', '.join(columns)}) TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')"
            )
        monkeypatch.setattr(run, "session", lambda: session)
        monkeypatch.setenv("DATABRICKS_HOST", platform.host("dev"))
        monkeypatch.setenv("DATABRICKS_TOKEN", token_of(platform, ALICE))
        yield session


def test_a_table_holds_what_is_made_now_and_no_row_of_before(spark: SparkSession) -> None:
    spark.sql(f"""
        INSERT INTO {FLIGHTS} (flight_id, carrier, flight, origin, dest, distance, scheduled_departure, dep_delay,
          arr_delay, air_time)
        SELECT concat('UA-', id), 'UA', id, 'EWR', 'IAH', 1400,
          timestamp'2013-03-01 12:00:00Z' + make_interval(0, 0, 0, id), 0, 30, 200 FROM range(2)""")

    def known() -> dict[datetime, float]:
        return {row.available_at: row.route_flights for row in spark.table(FEATURES).collect()}

    def version() -> int:
        return int(spark.sql(f"DESCRIBE HISTORY {FEATURES} LIMIT 1").collect()[0]["version"])

    days = [datetime(2013, 3, 1) + timedelta(days=number) for number in range(4)]
    run.compute_features(TASK)
    assert known() == {days[1]: 1, days[2]: 2}

    # A correction: the first flight left and landed a day later. On its day, nothing was known yet.
    spark.sql(f"UPDATE {FLIGHTS} SET dep_delay = 1440, arr_delay = 1470 WHERE flight_id = 'UA-0'")
    made = version()
    run.compute_features(TASK)
    assert known() == {days[2]: 2}
    changes = spark.read.option("readChangeFeed", "true").option("startingVersion", made + 1).table(FEATURES)
    told = {(row.available_at, row._change_type) for row in changes.collect()}
    assert told == {(days[1], "delete"), (days[2], "update_preimage"), (days[2], "update_postimage")}

    made = version()
    run.compute_features(TASK)
    assert version() == made
    spark.sql(f"INSERT INTO {FEATURES} SELECT carrier, origin, 'ORD', available_at, 0, 0, 7 FROM {FEATURES}")
    run.compute_features(TASK)
    assert known() == {days[2]: 2}
