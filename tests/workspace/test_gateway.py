"""The gateway with a real Spark server: what works through it, and what nobody gets past it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipelines.tables import merge, to_pandas
from rehearsal.spark_session import open_session
from rehearsal.workspace.context import Platform
from rehearsal.workspace.identity import bootstrap
from rehearsal.workspace.store import Store
from tests.workspace.spark_support import ALICE, MALLORY, session_of, spark_platform


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with spark_platform(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def alice(platform: Platform) -> SparkSession:
    return session_of(platform, ALICE)


@pytest.fixture(scope="module")
def mallory(platform: Platform) -> SparkSession:
    return session_of(platform, MALLORY)


@pytest.fixture(scope="module")
def numbers(platform: Platform, alice: SparkSession) -> DataFrame:
    """dev.f.t, prod.f.t (which Alice may read) and the data frame that they were made of."""
    frame = alice.range(100).withColumn("k", F.col("id") % 5)
    frame.write.saveAsTable("dev.f.t")
    session_of(platform, bootstrap.ADMIN, "prod").range(7).write.saveAsTable("prod.f.t")
    return frame


def test_rows_in_memory_carry_nothing_else(alice: SparkSession) -> None:
    rows = alice.range(3).agg(F.max("id").alias("most"))
    assert rows.toPandas().attrs, "Spark Connect no longer attaches its query's metrics: to_pandas can go"
    frame = to_pandas(rows)
    assert (frame.attrs, frame["most"].tolist()) == ({}, [2])


def test_tables_are_written_and_read_in_every_way(alice: SparkSession, numbers: DataFrame) -> None:
    numbers.write.saveAsTable("dev.f.ways")
    numbers.write.mode("append").saveAsTable("dev.f.ways")
    numbers.write.insertInto("dev.f.ways")
    numbers.writeTo("dev.f.ways").append()
    assert alice.table("dev.f.ways").count() == 400
    numbers.write.mode("overwrite").saveAsTable("dev.f.ways")
    numbers.writeTo("dev.f.ways2").using("delta").createOrReplace()
    alice.sql(
        "merge into dev.f.ways a using (select id, max(k) k from dev.f.ways2 group by id) b on a.id = b.id "
        "when matched then update set a.k = b.k + 10 when not matched then insert *"
    )
    alice.sql("update dev.f.ways set k = 0 where ways.id < 10")
    alice.sql("delete from dev.f.ways where id >= 50")
    assert alice.sql("select count(*), min(k) from dev.f.ways").collect() == [(50, 0)]
    assert alice.sql("select count(*) from dev.f.ways version as of 0").collect() == [(100,)]
    assert alice.read.option("versionAsOf", 1).table("dev.f.ways").count() == 200
    assert alice.sql("describe history dev.f.ways").count() >= 7


def test_sql_frames_can_be_used_further_and_columns_named_in_full(alice: SparkSession, numbers: DataFrame) -> None:
    frame = alice.sql("select dev.f.t.k, t.id from dev.f.t where id = :x", {"x": 7})
    assert frame.filter("k = 2").collect() == [(2, 7)]
    quoted = "it's \\ ok"
    assert alice.sql("select :a, :b, :c", {"a": quoted, "b": 1.5, "c": None}).collect() == [(quoted, 1.5, None)]
    assert alice.sql("select count(*) from dev.f.t where id < ?", [3]).collect() == [(3,)]
    assert alice.table("dev.f.t").filter("dev.f.t.id = 7").select("t.k", "dev.f.t.id").collect() == [(2, 7)]


def test_definitions_reach_the_catalog(alice: SparkSession, numbers: DataFrame, platform: Platform) -> None:
    alice.sql("create table dev.f.made (a int not null comment 'x', b string) using delta comment 'hi'")
    alice.sql("create table if not exists dev.f.made (a int) using delta")
    assert [(c[0], c[1]) for c in alice.sql("describe table dev.f.made").collect()][:2] == [
        ("a", "int"),
        ("b", "string"),
    ]
    assert alice.catalog.tableExists("dev.f.made")
    with pytest.raises(AnalysisException, match="TABLE_OR_VIEW_ALREADY_EXISTS"):
        alice.sql("create table dev.f.made (a int) using delta")
    alice.sql("create or replace table dev.f.made as select * from dev.f.t")
    assert alice.table("dev.f.made").count() == 100
    alice.sql("drop table dev.f.made")
    assert not alice.catalog.tableExists("dev.f.made")
    with pytest.raises(AnalysisException, match=r"TABLE_OR_VIEW_NOT_FOUND.*`dev`.`f`.`made`"):
        alice.table("dev.f.made").count()


def test_views_streams_and_files(alice: SparkSession, numbers: DataFrame) -> None:
    alice.table("dev.f.t").createOrReplaceTempView("v")
    alice.sql("create or replace temp view w as select * from v where id < 5")
    assert alice.sql("select count(*) from w").collect() == [(5,)]
    query = (
        alice.readStream.table("dev.f.t")
        .writeStream.option("checkpointLocation", "/Volumes/dev/f/landing/checkpoint")
        .trigger(availableNow=True)
        .toTable("dev.f.streamed")
    )
    query.awaitTermination()
    assert alice.table("dev.f.streamed").count() == 100
    numbers.write.csv("/Volumes/dev/f/landing/csv", header=True)
    assert alice.read.csv("dbfs:/Volumes/dev/f/landing/csv", header=True).count() == 100


def test_a_function_of_each_batch_writes_as_who_started_the_stream(alice: SparkSession, numbers: DataFrame) -> None:
    alice.sql("create table dev.f.merged (id bigint, k bigint)")

    def merge(batch: DataFrame, _: int) -> None:
        batch.createOrReplaceTempView("batch")
        batch.sparkSession.sql(
            "merge into dev.f.merged t using batch b on t.id = b.id when not matched then insert *"
        ).collect()

    def append_to_prod(batch: DataFrame, _: int) -> None:
        batch.select("id").write.mode("append").saveAsTable("prod.f.t")

    for attempt in ("first", "again"):
        _run_for_each_batch(alice, merge, attempt)
        assert alice.table("dev.f.merged").count() == 100
    with pytest.raises(PySparkException, match="INSUFFICIENT_PERMISSIONS"):
        _run_for_each_batch(alice, append_to_prod, "prod")


def _run_for_each_batch(spark: SparkSession, function: Callable[[DataFrame, int], None], checkpoint: str) -> None:
    stream = spark.readStream.table("dev.f.t").writeStream.foreachBatch(function).trigger(availableNow=True)
    stream.option("checkpointLocation", f"/Volumes/dev/f/landing/each-{checkpoint}").start().awaitTermination()


def test_the_catalog_lists_what_one_may_see(alice: SparkSession, mallory: SparkSession, numbers: DataFrame) -> None:
    assert {one.name for one in alice.catalog.listCatalogs()} >= {"dev", "prod"}
    assert [one.name for one in alice.catalog.listTables("prod.f") if not one.isTemporary] == ["t"]
    assert [(one.name, one.dataType) for one in alice.catalog.listColumns("dev.f.t")] == [
        ("id", "bigint"),
        ("k", "bigint"),
    ]
    table = alice.catalog.getTable("prod.f.t")
    assert (table.catalog, table.namespace, table.tableType, table.isTemporary) == ("prod", ["f"], "MANAGED", False)
    assert alice.catalog.databaseExists("dev.f") and not alice.catalog.databaseExists("dev.nothing")
    assert ("f", "t", False) in alice.sql("show tables in prod.f").collect()
    assert alice.sql("show schemas in dev like 'f*'").collect() == [("f",)]
    assert alice.sql("show volumes in dev.f").collect() == [("f", "landing")]
    assert mallory.catalog.listCatalogs() == [] and mallory.sql("show catalogs").collect() == []
    with pytest.raises(PySparkException):
        mallory.sql("show tables in prod.f")


def test_grants_by_sql(alice: SparkSession, mallory: SparkSession, numbers: DataFrame, platform: Platform) -> None:
    admin = session_of(platform, bootstrap.ADMIN)
    admin.sql("create schema if not exists dev.shared comment 'for grants'")
    admin.range(3).write.saveAsTable("dev.shared.t")
    admin.sql(f"grant use catalog on catalog dev to `{MALLORY}`")
    admin.sql(f"grant use schema, select on schema dev.shared to `{MALLORY}`")
    assert mallory.table("dev.shared.t").count() == 3
    shown = {tuple(row) for row in admin.sql(f"show grants `{MALLORY}` on table dev.shared.t").collect()}
    assert (MALLORY, "SELECT", "SCHEMA", "dev.shared") in shown
    with pytest.raises(PySparkException, match="INSUFFICIENT_PERMISSIONS"):
        mallory.sql(f"grant modify on table dev.shared.t to `{MALLORY}`")
    admin.sql(f"revoke select on schema dev.shared from `{MALLORY}`")
    with pytest.raises(PySparkException, match="INSUFFICIENT_PERMISSIONS"):
        mallory.table("dev.shared.t").count()
    admin.sql(f"revoke use catalog on catalog dev from `{MALLORY}`")
    admin.sql("drop schema dev.shared cascade")
    assert not alice.catalog.databaseExists("dev.shared")
    with pytest.raises(PySparkException, match=r"SCHEMA_DOES_NOT_EXIST.*'dev.tables'"):
        alice.sql("grant select on schema tables to x")
    with pytest.raises(PySparkException, match=r"Found 'schema' where TO"):
        alice.sql("grant select on on schema tables to x")


def test_functions_in_python(alice: SparkSession, numbers: DataFrame) -> None:
    assert alice.table("dev.f.t").mapInPandas(lambda frames: frames, "id long, k long").count() == 100


DENIED_WRITES: dict[str, Callable[[SparkSession, DataFrame], Any]] = {
    "saveAsTable append": lambda s, df: df.write.mode("append").saveAsTable("prod.f.t"),
    "saveAsTable overwrite": lambda s, df: df.write.mode("overwrite").saveAsTable("prod.f.t"),
    "a new table": lambda s, df: df.write.saveAsTable("prod.f.new"),
    "insertInto": lambda s, df: df.write.insertInto("prod.f.t"),
    "writeTo": lambda s, df: df.writeTo("prod.f.t").append(),
    "writeTo create": lambda s, df: df.writeTo("prod.f.new").create(),
    "insert": lambda s, df: s.sql("insert into prod.f.t values (1)"),
    "insert as select": lambda s, df: s.sql("insert into prod.f.t select id from dev.f.t"),
    "merge": lambda s, df: s.sql("merge into prod.f.t a using dev.f.t b on a.id = b.id when matched then delete"),
    "merge by DataFrame": lambda s, df: (
        df.alias("b").mergeInto("prod.f.t", F.expr("1=0")).whenNotMatched().insertAll().merge()
    ),
    "delete": lambda s, df: s.sql("delete from prod.f.t"),
    "update": lambda s, df: s.sql("update prod.f.t set id = 1"),
    "ctas": lambda s, df: s.sql("create table prod.f.new as select 1 a"),
    "replace": lambda s, df: s.sql("create or replace table prod.f.t as select 1 a"),
    "drop": lambda s, df: s.sql("drop table prod.f.t"),
    "alter": lambda s, df: s.sql("alter table prod.f.t add columns (z int)"),
    "owner": lambda s, df: s.sql(f"alter table prod.f.t owner to `{ALICE}`"),
    "comment": lambda s, df: s.sql("comment on table prod.f.t is 'mine'"),
    "optimize": lambda s, df: s.sql("optimize prod.f.t"),
    "restore": lambda s, df: s.sql("restore table prod.f.t to version as of 0"),
    "a volume": lambda s, df: df.write.csv("/Volumes/prod/f/landing/x"),
    "a quoted name": lambda s, df: s.sql("delete from `prod`.`f`.`t`"),
    "a comment in between": lambda s, df: s.sql("delete /* dev.f.t */ from /**/ prod . f . t"),
}


@pytest.mark.parametrize("attempt", DENIED_WRITES.values(), ids=DENIED_WRITES.keys())
def test_prod_is_read_only_for_a_data_scientist(
    alice: SparkSession, numbers: DataFrame, attempt: Callable[[SparkSession, DataFrame], Any]
) -> None:
    with pytest.raises(PySparkException, match=r"INSUFFICIENT_PERMISSIONS|PARSE_SYNTAX_ERROR"):
        attempt(alice, numbers)
    assert sorted(row.id for row in alice.table("prod.f.t").collect()) == list(range(7))


FORBIDDEN_READS: dict[str, Callable[[SparkSession], Any]] = {
    "table": lambda s: s.table("dev.f.t").count(),
    "sql": lambda s: s.sql("select * from dev.f.t").count(),
    "subquery": lambda s: s.sql("select (select max(id) from dev.f.t)").collect(),
    "subquery in an expression": lambda s: s.range(1).filter("id in (select id from dev.f.t)").count(),
    "cte": lambda s: s.sql("with t as (select * from dev.f.t) select * from t").count(),
    "view": lambda s: s.table("dev.f.t").createOrReplaceTempView("stolen"),
    "sql view": lambda s: s.sql("create temp view stolen as select * from dev.f.t"),
    "schema": lambda s: s.table("dev.f.t").schema,
    "describe": lambda s: s.sql("describe table dev.f.t").collect(),
    "history": lambda s: s.sql("describe history dev.f.t").collect(),
    "time travel": lambda s: s.sql("select * from dev.f.t version as of 0").collect(),
    "stream": lambda s: s.readStream.table("dev.f.t").schema,
    "volume": lambda s: s.read.text("/Volumes/dev/f/landing/x").count(),
    "path": lambda s: s.read.format("delta").load("/tmp").count(),
    "path of text": lambda s: s.read.text("/etc/passwd").count(),
    "path in an option": lambda s: s.read.format("text").option("path", "/etc/passwd").load().count(),
    "path in sql": lambda s: s.sql("select * from text.`/etc/passwd`").count(),
    "path as a table": lambda s: s.table("delta.`/tmp`").count(),
    "jdbc": lambda s: s.read.format("jdbc").option("url", "jdbc:x").option("dbtable", "t").load().count(),
    "function": lambda s: s.sql("select reflect('java.lang.System', 'getenv', 'PATH')").collect(),
    "called function": lambda s: s.range(1).select(F.call_function("reflect", F.lit("a"), F.lit("b"))).collect(),
    "setting": lambda s: s.conf.set("spark.sql.runSQLOnFiles", "true"),
    "global view": lambda s: s.range(1).createGlobalTempView("x"),
}


@pytest.mark.parametrize("attempt", FORBIDDEN_READS.values(), ids=FORBIDDEN_READS.keys())
def test_who_holds_nothing_sees_nothing(
    mallory: SparkSession, numbers: DataFrame, attempt: Callable[[SparkSession], Any]
) -> None:
    with pytest.raises(PySparkException):
        attempt(mallory)
    assert not mallory.catalog.tableExists("dev.f.t")


def test_the_refusal_says_in_databricks_words_what_is_lacking(alice: SparkSession, numbers: DataFrame) -> None:
    with pytest.raises(PySparkException) as refused:
        alice.sql("delete from prod.f.t")
    assert "[INSUFFICIENT_PERMISSIONS]" in str(refused.value)
    assert "User does not have MODIFY on Table 'prod.f.t'" in str(refused.value)


def test_messages_name_tables_and_no_path(alice: SparkSession, numbers: DataFrame, platform: Platform) -> None:
    with pytest.raises(PySparkException) as failed:
        alice.sql("insert into dev.f.t select 1")
    assert str(platform.home) not in str(failed.value)
    assert str(platform.home) not in alice.table("dev.f.t")._explain_string()


def test_without_a_token_nothing_is_answered(platform: Platform) -> None:
    port = platform.ports.gateway("dev")
    for remote in (f"sc://localhost:{port}", f"sc://localhost:{port}/;token=wrong"):
        with pytest.raises(Exception, match=r"Credential was not sent|Invalid access token"):
            open_session(remote).range(1).count()


def test_the_server_behind_the_gateway_talks_to_nobody_else(platform: Platform) -> None:
    for remote in (f"sc://localhost:{platform.ports.spark}", f"sc://localhost:{platform.ports.spark}/;token=guess"):
        with pytest.raises(Exception, match=r"(?i)unauthenticated|authentication"):
            open_session(remote).range(1).count()


def test_registered_tables_are_durable(numbers: DataFrame, platform: Platform) -> None:
    store = Store(Path(platform.home) / "state.sqlite")
    with store.transaction() as tx:
        assert tx.get("uc_table", "dev.f.t")["owner"] == ALICE  # type: ignore[index]


def test_merges_of_the_same_rows_at_the_same_time_lose_and_double_nothing(
    platform: Platform, alice: SparkSession
) -> None:
    """As when a task died, its query goes on, and the task is repeated."""
    alice.sql("CREATE TABLE dev.f.met (id BIGINT, value BIGINT)")

    def write(_: int) -> int:
        session = session_of(platform, ALICE)
        return merge(session, "dev.f.met", session.range(50).selectExpr("id", "id * 2 AS value"), ["id"]).inserted

    with ThreadPoolExecutor(4) as pool:
        inserted = list(pool.map(write, range(4)))
    assert sorted(inserted) == [0, 0, 0, 50]
    assert alice.table("dev.f.met").selectExpr("count(*)", "sum(value)").collect() == [(50, 2450)]


def test_a_merge_of_rows_that_are_all_there_are_deletes_others(alice: SparkSession) -> None:
    alice.sql("CREATE TABLE dev.f.parts AS SELECT id, id % 3 AS part FROM range(9)")
    rows = alice.range(2).selectExpr("id", "id % 3 AS part")
    deleted = [merge(alice, "dev.f.parts", rows, ["id"], whole=of).deleted for of in (False, ("part", []))]
    assert deleted == [0, 0]
    assert merge(alice, "dev.f.parts", rows, ["id"], whole=("part", [0])).deleted == 2
    assert merge(alice, "dev.f.parts", rows, ["id"], whole=True).deleted == 5
    assert {row.id for row in alice.table("dev.f.parts").collect()} == {0, 1}


def test_queries_tell_the_workspaces_time(platform: Platform, alice: SparkSession) -> None:
    """Last in this module: the clock goes on."""
    real = datetime.now(UTC)
    platform.clock.move(real + timedelta(days=400))
    moved = platform.clock.now().replace(tzinfo=None)
    told = alice.sql(
        "SELECT current_timestamp() AS a, now() = current_timestamp AS b, current_date() AS c, curdate() AS d,"
        " localtimestamp() AS e, unix_timestamp() AS f, unix_timestamp('1970-01-01 00:00:05') AS g"
    ).collect()[0]
    assert told.b and told.c == told.d == moved.date() and told.g == 5
    assert all(timedelta(0) <= at - moved < timedelta(minutes=1) for at in (_utc(told.a), told.e))
    assert -1 <= told.f - moved.replace(tzinfo=UTC).timestamp() < 60
    frame = alice.range(1).select(
        F.current_timestamp().alias("a"),
        F.current_date().alias("c"),
        F.localtimestamp().alias("e"),
        F.unix_timestamp().alias("f"),
        F.expr("now() > timestamp'2000-01-01'").alias("b"),
    )
    told = frame.collect()[0]
    assert told.b and told.c == moved.date() and timedelta(0) <= told.e - moved < timedelta(minutes=1)
    assert (
        timedelta(0) <= _utc(told.a) - moved < timedelta(minutes=1)
        and told.f >= moved.replace(tzinfo=UTC).timestamp() - 1
    )


def _utc(moment: datetime) -> datetime:
    """A moment that pyspark has given in the machine's zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def test_code_is_compiled_for_much_data_alone_and_says_the_same(alice: SparkSession) -> None:
    many = alice.range(30_000).select("id", F.sha2(F.col("id").cast("string"), 256).alias("digest"))
    many.write.saveAsTable("dev.f.much")
    many.limit(10).write.saveAsTable("dev.f.little")

    def compiled(query: str) -> bool:
        assert alice.sql(query).collect() == [("6b86b273",)]
        return alice.conf.get("spark.sql.codegen.wholeStage") == "true"

    query = "SELECT left(max_by(digest, id = 1), 8) FROM"
    assert compiled(f"{query} dev.f.much")
    assert not compiled(f"{query} dev.f.little")
    assert compiled(f"{query} (SELECT * FROM dev.f.little UNION ALL SELECT * FROM dev.f.much)")
    alice.sql("CREATE OR REPLACE VIEW dev.f.through AS SELECT * FROM dev.f.much")
    assert compiled(f"{query} dev.f.through")
    many.write.mode("overwrite").csv("/Volumes/dev/f/landing/much")
    alice.read.csv("/Volumes/dev/f/landing/much", schema="id bigint, digest string").createOrReplaceTempView(
        "from_files"
    )
    assert not compiled(f"{query} dev.f.little")
    assert compiled(f"{query} (SELECT * FROM from_files WHERE id NOT IN (SELECT id FROM dev.f.little WHERE id > 1))")
    many.where("id < 2").createOrReplaceTempView("from_nothing")
    assert not compiled(f"{query} (SELECT * FROM from_nothing UNION ALL SELECT * FROM dev.f.little)")
    with pytest.raises(PySparkException, match="DIVIDE_BY_ZERO"):
        alice.sql("SELECT 1 / (id - 1) FROM dev.f.little").collect()
