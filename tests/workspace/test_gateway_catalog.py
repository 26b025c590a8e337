"""The gateway with a real Spark server: names, views, functions, clones, DeltaTable, tags and lineage."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from delta.tables import DeltaTable
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from rehearsal.workspace.context import Platform
from rehearsal.workspace.identity import bootstrap, principals
from rehearsal.workspace.unity_catalog import catalogs, lineage, schemas, tables
from tests.workspace.spark_support import ALICE, MALLORY, session_of, spark_platform

_ON_SCHEMA = ("create table", "create function", "execute", "apply tag", "modify", "select", "use schema")


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with spark_platform(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def admin(platform: Platform) -> SparkSession:
    """The administrator, whose catalog `own` has a table `people` that nobody else may read."""
    session = session_of(platform, bootstrap.ADMIN)
    with platform.store.transaction() as tx:
        owner = principals.load(tx, bootstrap.ADMIN)
        catalogs.create(tx, owner, {"name": "own"})
        schemas.create(tx, owner, {"catalog_name": "own", "name": "s"})
    session.sql("create table own.s.people (name string, city string, age int)")
    session.sql(f"insert into own.s.people values ('{ALICE}', 'Rome', 30), ('bob', 'Oslo', 40)")
    session.sql("create schema dev.seen")
    session.sql(f"grant use catalog on catalog dev to `{MALLORY}`")
    session.sql(f"grant use schema on schema dev.seen to `{MALLORY}`")
    session.sql(f"grant {', '.join(_ON_SCHEMA)} on schema dev.f to `{ALICE}`")
    return session


@pytest.fixture(scope="module")
def alice(platform: Platform, admin: SparkSession) -> SparkSession:
    session = session_of(platform, ALICE)
    session.range(10).withColumn("k", F.col("id") % 3).write.saveAsTable("dev.f.t")
    return session


@pytest.fixture(scope="module")
def mallory(platform: Platform, admin: SparkSession) -> SparkSession:
    return session_of(platform, MALLORY)


def test_short_names_follow_the_current_catalog_and_schema(platform: Platform, alice: SparkSession) -> None:
    session = session_of(platform, ALICE)
    assert session.sql("select current_catalog(), current_schema()").collect() == [("dev", "default")]
    session.sql("use catalog prod")
    assert session.catalog.currentCatalog() == "prod" and session.catalog.currentDatabase() == "default"
    session.catalog.setCurrentCatalog("dev")
    session.catalog.setCurrentDatabase("f")
    assert session.table("t").count() == session.sql("select * from f.t").count() == 10
    assert session.sql("with t as (select 1) select count(*) from t").collect() == [(1,)]
    session.range(3).createOrReplaceTempView("t")
    assert session.table("t").count() == 3 and session.table("f.t").count() == 10
    session.catalog.dropTempView("t")
    session.range(2).write.saveAsTable("short")
    assert session.catalog.tableExists("dev.f.short") and session.sql("select max(short.id) from short").first() == (1,)
    session.sql("use schema default")
    with pytest.raises(PySparkException, match="TABLE_OR_VIEW_NOT_FOUND"):
        session.table("t").count()
    assert alice.sql("select current_schema()").first() == ("default",)
    with pytest.raises(PySparkException, match="INSUFFICIENT_PERMISSIONS"):
        session.sql("use own.s")


def test_a_view_is_read_with_its_owners_rights(admin: SparkSession, mallory: SparkSession, platform: Platform) -> None:
    admin.sql("use own.s")
    admin.sql("create view inner_view as select name, city, age from people -- all of them")
    admin.sql("create or replace view dev.seen.v (who comment 'a name', town) as select name, city from inner_view")
    admin.sql("use dev.default")
    for refused in ("dev.seen.v", "own.s.people"):
        with pytest.raises(PySparkException, match="INSUFFICIENT_PERMISSIONS"):
            mallory.table(refused).count()
    admin.sql(f"grant select on view dev.seen.v to `{MALLORY}`")
    assert mallory.sql("select v.who from dev.seen.v where town = 'Oslo'").collect() == [("bob",)]
    assert mallory.table("dev.seen.v").filter("v.town = 'Oslo'").select("dev.seen.v.who").collect() == [("bob",)]
    assert tuple(mallory.sql("describe dev.seen.v").collect()[0]) == ("who", "string", "a name")
    admin.sql("alter table own.s.people add columns (secret string)")
    assert mallory.table("dev.seen.v").columns == ["who", "town"]
    assert ("seen", "v", False, False) in admin.sql("show views in dev.seen").collect()
    for refused_statement in (
        "insert into dev.seen.v values ('x', 'y')",
        "drop table dev.seen.v",
        "drop view dev.seen.v",
    ):
        with pytest.raises(PySparkException, match=r"EXPECT_TABLE_NOT_VIEW|INSUFFICIENT_PERMISSIONS"):
            mallory.sql(refused_statement)
    with pytest.raises(PySparkException, match="EXPECT_TABLE_NOT_VIEW"):
        admin.sql("drop table dev.seen.v")
    with pytest.raises(PySparkException, match="RECURSIVE_VIEW"):
        admin.sql(
            "create or replace view own.s.inner_view as select who as name, town as city, 1 as age from dev.seen.v"
        )
    admin.range(1).createOrReplaceTempView("mine")
    with pytest.raises(PySparkException, match="INVALID_TEMP_OBJ_REFERENCE"):
        admin.sql("create view own.s.bad as select * from mine")
    with platform.store.transaction() as tx:
        assert lineage.upstreams(tx, "dev.seen.v") == ["own.s.inner_view"]
        assert [c.name for c in tables.find(tx, "dev.seen.v").columns or []] == ["who", "town"]
    admin.sql("drop view dev.seen.v")
    assert not admin.catalog.tableExists("dev.seen.v")


def test_a_dynamic_view_asks_who_reads_it(admin: SparkSession, alice: SparkSession) -> None:
    admin.sql(
        "create view dev.f.dynamic as select name, if(is_account_group_member('admins'), city, '***') as city "
        "from own.s.people where name = current_user() or is_member('admins')"
    )
    assert alice.sql("select * from dev.f.dynamic").collect() == [(ALICE, "***")]
    assert admin.sql("select count(*) from dev.f.dynamic").collect() == [(2,)]
    assert alice.range(1).select(F.current_user(), F.expr("is_member('users')")).collect() == [(ALICE, True)]


def test_functions_of_the_catalog(admin: SparkSession, alice: SparkSession, mallory: SparkSession) -> None:
    alice.sql("create function dev.f.area(w double comment 'width', h double) returns double return w * h")
    assert alice.sql("select dev.f.area(2, 3)").collect() == [(6.0,)]
    assert alice.range(1).select(F.call_function("dev.f.area", F.lit(2.0), F.lit(4.0))).collect() == [(8.0,)]
    alice.sql("create or replace function dev.f.area(w double, h double) returns double return w * h + 1")
    assert alice.sql("select dev.f.area(2, 3)").collect() == [(7.0,)]
    alice.sql(
        "create function dev.f.known(x bigint) returns boolean return exists (select 1 from dev.f.t where id = x)"
    )
    assert alice.sql("select dev.f.known(3), dev.f.known(99)").collect() == [(True, False)]
    with pytest.raises(PySparkException, match="INSUFFICIENT_PERMISSIONS"):
        mallory.sql("select dev.f.area(2, 3)")
    admin.sql(f"grant use schema, execute on schema dev.f to `{MALLORY}`")
    assert mallory.sql("select dev.f.known(3)").collect() == [(True,)]
    admin.sql(f"revoke use schema, execute on schema dev.f from `{MALLORY}`")
    with pytest.raises(PySparkException, match="INSUFFICIENT_PERMISSIONS"):
        mallory.sql("select dev.f.known(3)").collect()
    alice.sql("drop function dev.f.area")
    with pytest.raises(PySparkException):
        alice.sql("select dev.f.area(2, 3)").collect()


def test_delta_tables_by_name(alice: SparkSession, platform: Platform) -> None:
    alice.sql("create table dev.f.d as select id, k from dev.f.t")
    table = DeltaTable.forName(alice, "dev.f.d")
    table.update(condition=F.col("id") < 3, set={"k": F.col("k") + 10})
    table.delete("id >= 8")
    source = alice.range(7, 12).withColumn("k", F.lit(99).cast("long"))
    merge = table.alias("t").merge(source.alias("s"), "t.id = s.id").whenMatchedUpdate(set={"k": "s.k"})
    merge.whenNotMatchedInsertAll().execute()
    assert table.toDF().agg(F.count("*"), F.sum("k")).collect() == [
        (12, 33 + 5 * 99 - 0 + sum(i % 3 for i in range(3, 7)) - 0)
    ]
    history = table.history().select("operation").collect()
    assert [row.operation for row in history][:3] == ["MERGE", "DELETE", "UPDATE"]
    detail = table.detail().collect()[0]
    assert detail.name == "dev.f.d"
    assert detail.location.startswith("abfss://") and str(platform.home) not in str(detail)
    table.optimize().executeCompaction()
    prod = DeltaTable.forName(alice, "own.s.people")
    for attempt in (lambda: prod.delete(), lambda: prod.toDF().count(), lambda: prod.history().collect()):
        with pytest.raises(PySparkException, match="INSUFFICIENT_PERMISSIONS"):
            attempt()
    with pytest.raises(PySparkException, match="INSUFFICIENT_PERMISSIONS"):
        DeltaTable.forPath(alice, "/tmp/x").toDF().count()
    DeltaTable.create(alice).tableName("dev.f.built").addColumn("a", "INT", nullable=False).comment("x").execute()
    assert alice.table("dev.f.built").schema.fields[0].nullable is False


def test_definitions_change_in_one_step(alice: SparkSession, platform: Platform) -> None:
    alice.sql("create table dev.f.gone as select 1 a")
    alice.sql("replace table dev.f.gone as select 2 b")
    assert alice.table("dev.f.gone").columns == ["b"]
    alice.sql("create table dev.f.first as select * from dev.f.t")
    alice.sql("alter table dev.f.first rename to dev.f.renamed")
    assert alice.table("dev.f.renamed").count() == 10 and not alice.catalog.tableExists("dev.f.first")
    alice.sql("alter table dev.f.renamed set tblproperties ('team' = 'x', 'delta.columnMapping.mode' = 'name')")
    with platform.store.transaction() as tx:
        assert (tables.find(tx, "dev.f.renamed").properties or {})["team"] == "x"
    alice.sql("alter table dev.f.renamed rename column k to m")
    alice.sql("alter table dev.f.renamed add columns (z int comment 'new')")
    alice.sql("alter table dev.f.renamed drop column z")
    assert alice.table("dev.f.renamed").columns == ["id", "m"]
    assert ("team", "x") in alice.sql("show tblproperties dev.f.renamed").collect()
    alice.sql("comment on table dev.f.renamed is 'said'")
    alice.sql("alter table dev.f.renamed set tags ('team' = 'a', 'b' = 'c')")
    alice.sql("alter table dev.f.renamed unset tags ('b')")
    for statement in ("describe detail", "describe extended"):
        assert str(platform.home) not in str(alice.sql(f"{statement} dev.f.renamed").collect()), statement
    alice.sql("drop table dev.f.renamed")
    with platform.store.transaction() as tx:
        assert tx.items("uc_unfinished_folder") == []


@pytest.mark.trial
def test_tables_are_cloned_emptied_restored_and_tidied_up(alice: SparkSession, platform: Platform) -> None:
    alice.sql("create table dev.f.like_t like dev.f.t")
    alice.sql("create table dev.f.deep deep clone dev.f.t")
    alice.sql("create table dev.f.shallow shallow clone dev.f.t version as of 0")
    counts = [alice.table(f"dev.f.{name}").count() for name in ("like_t", "deep", "shallow")]
    assert counts == [0, 10, 10] and alice.table("dev.f.like_t").columns == ["id", "k"]
    alice.sql("truncate table dev.f.deep")
    alice.sql("restore table dev.f.deep to version as of 0")
    assert alice.table("dev.f.deep").count() == 10
    for statement in ("optimize dev.f.deep", "vacuum dev.f.deep", "describe history dev.f.shallow"):
        assert str(platform.home) not in str(alice.sql(statement).collect()), statement


def test_lineage_is_kept_of_every_write(alice: SparkSession, platform: Platform) -> None:
    alice.table("dev.f.t").createOrReplaceTempView("through")
    alice.sql("create table dev.f.l1 as select * from through")
    alice.table("dev.f.l1").write.mode("append").saveAsTable("dev.f.l2")

    def each(batch: DataFrame, _: int) -> None:
        batch.write.mode("append").saveAsTable("dev.f.l3")

    stream = alice.readStream.table("dev.f.l2").writeStream.foreachBatch(each).trigger(availableNow=True)
    stream.option("checkpointLocation", "/Volumes/dev/f/landing/lineage").start().awaitTermination()
    with platform.store.transaction() as tx:
        assert lineage.upstreams(tx, "dev.f.l1") == ["dev.f.t"]
        assert lineage.upstreams(tx, "dev.f.l2") == ["dev.f.l1"]
        assert lineage.upstreams(tx, "dev.f.l3") == ["dev.f.l2"]
        assert "dev.f.l1" in lineage.downstreams(tx, "dev.f.t")
