"""Online feature stores by databricks-sdk: stores, publishing to real PostgreSQL, rights, nothing ever half done."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal

import psutil
import psycopg
import pyarrow as pa
import pytest
from databricks.sdk.errors import InvalidParameterValue, NotFound, PermissionDenied, ResourceAlreadyExists
from databricks.sdk.service.catalog import PermissionsChange, Privilege, SecurableType, TableType
from databricks.sdk.service.ml import OnlineStore
from deltalake import write_deltalake

from tests.workspace.conftest import People, Server
from tests.workspace.delta_support import platform_of
from tests.workspace.online_store_support import (
    failed,
    make_feature_table,
    make_store,
    publish,
    reader,
    sql_name,
    synced,
)

STORE = "features"


@pytest.fixture(scope="module")
def store(server: Server) -> str:
    make_store(server.admin(), STORE)
    return STORE


def rows(**columns: list[object]) -> pa.Table:
    return pa.table(columns)


def looked_up(server: Server, online: str, columns: str = "*", where: str = "true") -> list[tuple[object, ...]]:
    with psycopg.connect(reader(platform_of(server), STORE)) as connection:
        return connection.execute(f"SELECT {columns} FROM {sql_name(online)} WHERE {where} ORDER BY 1").fetchall()


def test_stores_are_made_changed_and_deleted_by_who_may(server: Server, people: People) -> None:
    scientist, engineer = server.client(people.scientist), server.client(people.engineer)
    made = make_store(scientist, "small")
    assert (made.capacity, made.creator, made.state and made.state.value) == ("CU_1", people.scientist, "AVAILABLE")
    with pytest.raises(ResourceAlreadyExists):
        make_store(engineer, "small")
    with pytest.raises(InvalidParameterValue, match="CU_8"):
        engineer.feature_store.create_online_store(OnlineStore(name="huge", capacity="CU_512"))
    with pytest.raises(PermissionDenied):
        engineer.feature_store.delete_online_store("small")
    larger = OnlineStore(name="small", capacity="CU_2")
    assert scientist.feature_store.update_online_store("small", larger, "capacity").capacity == "CU_2"
    assert "small" in {known.name for known in engineer.feature_store.list_online_stores()}
    with pytest.raises(NotFound):
        server.admin("prod").feature_store.get_online_store("small")  # a store belongs to its workspace
    scientist.feature_store.delete_online_store("small")
    with pytest.raises(NotFound):
        engineer.feature_store.get_online_store("small")


def test_values_of_every_type_arrive_exactly(server: Server, catalog: str, store: str) -> None:
    moment = datetime(2013, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    table = pa.table(
        {
            "id": pa.array([1, 2], pa.int64()),
            "number": pa.array([0.1 + 0.2, float("nan")], pa.float64()),
            "single": pa.array([0.1, None], pa.float32()),
            "text": pa.array(['say "a, b"\nand c', ""], pa.string()),
            "flag": pa.array([True, None], pa.bool_()),
            "day": pa.array([moment.date(), None], pa.date32()),
            "moment": pa.array([moment, None], pa.timestamp("us", "UTC")),
            "money": pa.array([Decimal("1.10"), None], pa.decimal128(10, 2)),
            "raw": pa.array([b"\x00\xff", None], pa.binary()),
            "many": pa.array([[1.5, None], None], pa.list_(pa.float64())),
        }
    )
    source, online = f"{catalog}.flights.all_types", f"{catalog}.flights.all_types_online"
    make_feature_table(platform_of(server), server.admin(), source, table, ["id"])
    publish(server.admin(), source, online, store)
    synced(server.admin(), online, 0)
    first, second = looked_up(server, online)
    single = pa.scalar(0.1, pa.float32()).as_py()
    assert first[:2] == (1, 0.1 + 0.2) and pa.scalar(first[2], pa.float32()).as_py() == single
    assert first[3:] == ('say "a, b"\nand c', True, moment.date(), moment, Decimal("1.10"), b"\x00\xff", [1.5, None])
    assert str(second[1]) == "nan" and second[2:] == (None, "", None, None, None, None, None, None)


def test_changes_follow_and_of_a_time_series_the_latest_row(server: Server, catalog: str, store: str) -> None:
    admin, source, online = server.admin(), f"{catalog}.flights.series", f"{catalog}.flights.series_online"
    at = [datetime(2013, 1, day, tzinfo=UTC) for day in (1, 2, 3)]
    table = rows(carrier=["AA", "AA", "UA", "DL"], at=[at[0], at[1], at[0], at[0]], delay=[1.0, 2.0, 3.0, 4.0])
    delta = make_feature_table(platform_of(server), admin, source, table, ["carrier", "at"], "at")
    publish(admin, source, online, store)
    synced(admin, online, 0)
    assert looked_up(server, online, "carrier, delay") == [("AA", 2.0), ("DL", 4.0), ("UA", 3.0)]
    shown = admin.tables.get(online)
    assert (shown.table_type, shown.owner) == (TableType.FOREIGN, admin.current_user.me().user_name)
    assert [column.name for column in shown.columns or []] == ["carrier", "at", "delay"]

    late = rows(carrier=["UA", "AA", "B6"], at=[at[2], at[0].replace(hour=1), at[0]], delay=[30.0, 1.5, 5.0])
    write_deltalake(delta.table_uri, late.cast(pa.schema(delta.schema().to_arrow())), mode="append")
    delta.update_incremental()
    delta.delete("carrier = 'AA' AND delay = 2.0")
    delta.delete("carrier = 'DL'")
    publish(admin, source, online, store)
    synced(admin, online, delta.version())
    assert looked_up(server, online, "carrier, delay") == [("AA", 1.5), ("B6", 5.0), ("UA", 30.0)]


def test_a_continuous_table_follows_by_itself(server: Server, catalog: str, store: str) -> None:
    admin, source, online = server.admin(), f"{catalog}.flights.live", f"{catalog}.flights.live_online"
    delta = make_feature_table(platform_of(server), admin, source, rows(id=[1], x=[1.0]), ["id"])
    publish(admin, source, online, store, "CONTINUOUS")
    synced(admin, online, 0, "SYNCED_TABLE_ONLINE_CONTINUOUS_UPDATE")
    delta.update({"x": "7.0"})
    synced(admin, online, 1, "SYNCED_TABLE_ONLINE_CONTINUOUS_UPDATE")
    assert looked_up(server, online) == [(1, 7.0)]


def test_publishing_needs_rights_on_both_sides_and_a_key(
    server: Server, catalog: str, store: str, people: People
) -> None:
    admin, scientist = server.admin(), server.client(people.scientist)
    source, online = f"{catalog}.flights.guarded", f"{catalog}.flights.guarded_online"
    make_feature_table(platform_of(server), admin, source, rows(id=[1], x=[1.0]), ["id"], feed=False)

    def grant(kind: SecurableType, name: str, *privileges: Privilege) -> None:
        admin.grants.update(kind.value, name, changes=[PermissionsChange(list(privileges), people.scientist)])

    grant(SecurableType.CATALOG, catalog, Privilege.USE_CATALOG)
    grant(SecurableType.SCHEMA, f"{catalog}.flights", Privilege.USE_SCHEMA)
    with pytest.raises(PermissionDenied, match="SELECT"):
        publish(scientist, source, online, store, "SNAPSHOT")
    grant(SecurableType.TABLE, source, Privilege.SELECT)
    with pytest.raises(PermissionDenied, match="CREATE TABLE"):
        publish(scientist, source, online, store, "SNAPSHOT")
    grant(SecurableType.SCHEMA, f"{catalog}.flights", Privilege.CREATE_TABLE)
    with pytest.raises(InvalidParameterValue, match="Change data feed must be enabled"):
        publish(scientist, source, online, store, "TRIGGERED")
    with pytest.raises(NotFound, match="nowhere"):
        publish(scientist, source, online, "nowhere", "SNAPSHOT")
    publish(scientist, source, online, store, "SNAPSHOT")
    synced(scientist, online, 0)

    admin.table_constraints.delete(source, "key", cascade=False)
    with pytest.raises(InvalidParameterValue, match="does not have a primary key"):
        publish(scientist, source, online, store, "SNAPSHOT")
    with psycopg.connect(reader(platform_of(server), STORE)) as connection:  # the reader only reads
        connection.execute("SET default_transaction_read_only = off")
        connection.commit()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"DELETE FROM {sql_name(online)}")
    with pytest.raises(InvalidParameterValue, match="guarded_online"):
        admin.feature_store.delete_online_store(store)
    scientist.feature_store.delete_online_table(online)
    with pytest.raises(NotFound):
        admin.tables.get(online)
    with pytest.raises(psycopg.errors.UndefinedTable):
        looked_up(server, online)


def test_rows_stay_when_a_pipeline_fails(server: Server, catalog: str, store: str) -> None:
    admin, source, online = server.admin(), f"{catalog}.flights.twice", f"{catalog}.flights.twice_online"
    delta = make_feature_table(platform_of(server), admin, source, rows(id=[1], x=[1.0]), ["id"])
    publish(admin, source, online, store, "SNAPSHOT")
    synced(admin, online, 0)
    write_deltalake(
        delta.table_uri, rows(id=[2, 2], x=[1.0, 2.0]).cast(pa.schema(delta.schema().to_arrow())), mode="append"
    )
    publish(admin, source, online, store, "SNAPSHOT")
    assert "more than one row with the same primary key" in failed(admin, online)
    assert looked_up(server, online) == [(1, 1.0)]


def test_who_looks_up_sees_all_of_a_version_or_none(server: Server, catalog: str, store: str) -> None:
    admin, source, online = server.admin(), f"{catalog}.flights.busy", f"{catalog}.flights.busy_online"
    size = 2000
    delta = make_feature_table(
        platform_of(server), admin, source, rows(id=list(range(size)), generation=[0.0] * size), ["id"]
    )
    publish(admin, source, online, store)
    synced(admin, online, 0)
    seen: list[tuple[object, ...]] = []
    done = threading.Event()

    def look() -> None:
        query = f"SELECT count(*), min(generation), max(generation) FROM {sql_name(online)}"
        with psycopg.connect(reader(platform_of(server), STORE), autocommit=True) as connection:
            while not done.is_set():
                seen.append(connection.execute(query, prepare=True).fetchone() or ())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for generation, mode in enumerate(["TRIGGERED", "SNAPSHOT", "TRIGGERED", "SNAPSHOT"], start=1):
            delta.update({"generation": str(float(generation))})
            publish(admin, source, online, store, mode)
            synced(admin, online, generation)
    finally:
        done.set()
        looking.join()
    assert {count for count, _, _ in seen} == {size}
    assert all(low == high for _, low, high in seen)
    assert len({low for _, low, _ in seen}) > 1


def test_postgresql_comes_back_by_itself_with_its_rows(server: Server, catalog: str, store: str) -> None:
    admin, source, online = server.admin(), f"{catalog}.flights.kept", f"{catalog}.flights.kept_online"
    make_feature_table(platform_of(server), admin, source, rows(id=[1], x=[1.0]), ["id"])
    publish(admin, source, online, store)
    synced(admin, online, 0)
    for whose_end in ("server", "keeper"):
        postmaster = int((server.home / "online_store/data/postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster if whose_end == "server" else psutil.Process(postmaster).ppid(), signal.SIGKILL)
        deadline = time.monotonic() + 30
        while True:
            try:
                assert looked_up(server, online) == [(1, 1.0)]
                break
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
