"""Warehouses and statements, asked for by databricks-sdk as Terraform's provider does."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator

import httpx
import pyarrow as pa
import pytest
import uvicorn
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel
from databricks.sdk.service.sql import (
    CreateQueryRequestQuery,
    Disposition,
    ExecuteStatementRequestOnWaitTimeout,
    Format,
    QueryFilter,
    QueryStatementType,
    QueryStatus,
    StatementParameterListItem,
    StatementResponse,
    StatementState,
    TimeRange,
    UpdateQueryRequestQuery,
)

from rehearsal.workspace import app
from rehearsal.workspace.context import Platform
from rehearsal.workspace.identity import bootstrap
from rehearsal.workspace.unity_catalog import tables
from tests.workspace.spark_support import ALICE, MALLORY, spark_platform, token_of


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    routes = app.ROUTES
    app.ROUTES = ("sql", "permissions", "workspace_objects")
    try:
        with spark_platform(tmp_path_factory.mktemp("home")) as running:
            port = running.ports.http("dev")
            server = uvicorn.Server(
                uvicorn.Config(app.create_app(running, "dev"), host="127.0.0.1", port=port, log_level="warning")
            )
            thread = threading.Thread(target=server.run)
            thread.start()
            while not server.started:
                time.sleep(0.02)
            yield running
            server.should_exit = True
            thread.join()
    finally:
        app.ROUTES = routes


def client(platform: Platform, name: str) -> WorkspaceClient:
    return WorkspaceClient(host=platform.host("dev"), token=token_of(platform, name))


@pytest.fixture(scope="module")
def warehouse(platform: Platform) -> str:
    created = client(platform, ALICE).warehouses.create_and_wait(
        name="main", cluster_size="2X-Small", auto_stop_mins=10
    )
    assert created.id
    return created.id


def run(platform: Platform, warehouse: str, text: str, name: str = ALICE) -> StatementResponse:
    return client(platform, name).statement_execution.execute_statement(text, warehouse, wait_timeout="50s")


def test_a_warehouse_lives(platform: Platform) -> None:
    alice = client(platform, ALICE)
    created = alice.warehouses.create_and_wait(name="short", cluster_size="Small")
    assert created.id
    alice.warehouses.edit(created.id, cluster_size="Medium")
    alice.warehouses.stop_and_wait(created.id)
    assert alice.warehouses.get(created.id).cluster_size == "Medium"
    alice.warehouses.start_and_wait(created.id)
    alice.warehouses.delete(created.id)
    with pytest.raises(NotFound):
        alice.warehouses.get(created.id)


def test_terraform_s_statements(platform: Platform, warehouse: str) -> None:
    definition = (
        "CREATE TABLE `dev`.`f`.`contract` (`id` BIGINT NOT NULL COMMENT 'the key', `at` TIMESTAMP)\nUSING DELTA\n"
        "COMMENT 'a contract'\nTBLPROPERTIES ('delta.enableChangeDataFeed'='true');"
    )
    for text in (
        definition,
        f"ALTER TABLE `dev`.`f`.`contract` OWNER TO `{ALICE}`;",
        "COMMENT ON TABLE `dev`.`f`.`contract` IS 'changed'",
        "ALTER TABLE `dev`.`f`.`contract` ADD COLUMN `more` STRING COMMENT 'later' AFTER `id`",
        "ALTER TABLE `dev`.`f`.`contract` SET TBLPROPERTIES ('a'='b')",
    ):
        response = run(platform, warehouse, text)
        assert response.status and response.status.state == StatementState.SUCCEEDED, (text, response.status)
    with platform.store.transaction() as tx:
        table = tables.find(tx, "dev.f.contract")
    assert (table.owner, table.comment) == (ALICE, "changed")
    dropped = run(platform, warehouse, "DROP TABLE `dev`.`f`.`contract`")
    assert dropped.status and dropped.status.state == StatementState.SUCCEEDED


def test_terraform_alters_what_it_owns_no_more_by_modify(platform: Platform, warehouse: str) -> None:
    table = "`dev`.`f`.`handed_over`"
    for text in (
        f"CREATE TABLE {table} (`id` BIGINT) USING DELTA",
        f"ALTER TABLE {table} OWNER TO `{MALLORY}`",
    ):
        response = run(platform, warehouse, text, bootstrap.ADMIN)
        assert response.status and response.status.state == StatementState.SUCCEEDED, (text, response.status)
    altered = (
        f"ALTER TABLE {table} SET TBLPROPERTIES ('a' = 'b')",
        f"ALTER TABLE {table} ADD COLUMN `more` STRING COMMENT 'later' AFTER `id`",
        f"ALTER TABLE {table} ALTER COLUMN `id` COMMENT 'the key'",
    )
    for text in altered:
        response = run(platform, warehouse, text, bootstrap.ADMIN)
        assert response.status and response.status.error and "MODIFY" in str(response.status.error.message), text
    allowed = f"GRANT SELECT, MODIFY ON SCHEMA `dev`.`f` TO `{bootstrap.ADMIN}`"
    for text in (allowed, *altered, f"REVOKE SELECT, MODIFY ON SCHEMA `dev`.`f` FROM `{bootstrap.ADMIN}`"):
        response = run(platform, warehouse, text, bootstrap.ADMIN)
        assert response.status and response.status.state == StatementState.SUCCEEDED, (text, response.status)


def test_results_are_strings_with_a_schema(platform: Platform, warehouse: str) -> None:
    response = run(platform, warehouse, "select 1 a, 'x' b, true c, null d, cast(1.50 as decimal(4,2)) e")
    assert response.result and response.manifest and response.manifest.schema
    assert response.result.data_array == [["1", "x", "true", None, "1.50"]]
    columns = response.manifest.schema.columns or []
    assert [(c.name, c.type_text) for c in columns][:2] == [("a", "INT"), ("b", "STRING")]


def test_statements_run_with_the_privileges_of_their_caller(platform: Platform, warehouse: str) -> None:
    refused = run(platform, warehouse, "create table prod.f.mine as select 1 a").status
    assert refused and refused.error and refused.state == StatementState.FAILED
    assert "INSUFFICIENT_PERMISSIONS" in str(refused.error.message)
    unknown = run(platform, warehouse, "select * from dev.f.nothing").status
    assert unknown and unknown.error and "TABLE_OR_VIEW_NOT_FOUND" in str(unknown.error.message)
    with pytest.raises(PermissionDenied):
        run(platform, warehouse, "select 1", MALLORY)


def test_a_statement_goes_on_when_nobody_waits(platform: Platform, warehouse: str) -> None:
    admin = client(platform, bootstrap.ADMIN)
    started = admin.statement_execution.execute_statement(
        "select count(*) from range(10)", warehouse, wait_timeout="0s"
    )
    assert started.statement_id
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        response = admin.statement_execution.get_statement(started.statement_id)
        if response.status and response.status.state == StatementState.SUCCEEDED:
            break
        time.sleep(0.2)
    assert response.result and response.result.data_array == [["10"]]
    with pytest.raises(NotFound):
        client(platform, ALICE).statement_execution.get_statement(started.statement_id)


MILLION = "select id, cast(id as string) as name from range(1000000)"


def external(platform: Platform, warehouse: str, text: str, kind: Format) -> StatementResponse:
    response = client(platform, ALICE).statement_execution.execute_statement(
        text, warehouse, disposition=Disposition.EXTERNAL_LINKS, format=kind, wait_timeout="50s"
    )
    assert response.status and response.status.state == StatementState.SUCCEEDED, response.status
    return response


def downloads(platform: Platform, response: StatementResponse) -> Iterator[bytes]:
    """All chunks, from link to link, without a token."""
    api, result = client(platform, ALICE).statement_execution, response.result
    while result is not None and result.external_links:
        (link,) = result.external_links
        answer = httpx.get(str(link.external_link))
        assert answer.status_code == 200, answer.text
        yield answer.content
        following = link.next_chunk_index
        result = api.get_statement_result_chunk_n(str(response.statement_id), following) if following else None


def test_a_million_rows_by_external_links(platform: Platform, warehouse: str) -> None:
    response = external(platform, warehouse, MILLION, Format.ARROW_STREAM)
    manifest = response.manifest
    assert manifest and manifest.total_row_count == 1_000_000 and manifest.format == Format.ARROW_STREAM
    assert manifest.total_chunk_count == len(manifest.chunks or []) == 10 and not manifest.truncated
    tables = [pa.ipc.open_stream(content).read_all() for content in downloads(platform, response)]
    rows = pa.concat_tables(tables)
    assert rows.num_rows == 1_000_000 and rows["id"].to_pylist() == list(range(1_000_000))
    wide = "select id, repeat('x', 40) more from range(1000000)"
    refused = run(platform, warehouse, wide).status
    assert refused and refused.error and "Inline byte limit exceeded" in str(refused.error.message)


def test_links_are_of_one_result_and_expire(platform: Platform, warehouse: str) -> None:
    response = external(platform, warehouse, "select 1 a, null b, 'x,\"y\"' c", Format.CSV)
    assert response.result and response.result.external_links
    url = str(response.result.external_links[0].external_link)
    assert httpx.get(url).text == 'a,b,c\r\n1,null,"x,""y"""\r\n'
    other = external(platform, warehouse, "select 2 a", Format.JSON_ARRAY)
    assert [json.loads(content) for content in downloads(platform, other)] == [[["2"]]]
    assert httpx.get(url.replace(str(response.statement_id), str(other.statement_id))).status_code == 403
    assert httpx.get(re.sub(r"expires=\d+", "expires=1", url)).status_code == 403
    assert httpx.get(url, headers={"Authorization": f"Bearer {token_of(platform, ALICE)}"}).status_code == 400
    with pytest.raises(BadRequest, match="must be JSON_ARRAY"):
        client(platform, ALICE).statement_execution.execute_statement("select 1", warehouse, format=Format.CSV)


def test_chunks_limits_and_parameters(platform: Platform, warehouse: str) -> None:
    api = client(platform, ALICE).statement_execution
    long = api.execute_statement("select id from range(250000)", warehouse, wait_timeout="50s")
    assert long.result and long.result.next_chunk_index == 1 and len(long.result.data_array or []) == 100_000
    last = api.get_statement_result_chunk_n(str(long.statement_id), 2)
    assert (last.data_array or [])[-1] == ["249999"] and last.next_chunk_index is None
    with pytest.raises(NotFound):
        api.get_statement_result_chunk_n(str(long.statement_id), 3)
    cut = api.execute_statement("select * from range(9)", warehouse, row_limit=4, wait_timeout="50s")
    assert cut.manifest and cut.result and cut.manifest.truncated and len(cut.result.data_array or []) == 4
    given = [
        StatementParameterListItem(name="day", value="2013-01-31", type="DATE"),
        StatementParameterListItem(name="more", value="2", type="INT"),
        StatementParameterListItem(name="nothing", type="STRING"),
    ]
    text = "select date_add(:day, :more) a, :nothing b, timestamp'2013-01-01 10:00:00' c, map('k', array(1)) d"
    typed = api.execute_statement(text, warehouse, parameters=given, wait_timeout="50s")
    assert typed.result, typed.status
    assert typed.result.data_array == [["2013-02-02", None, "2013-01-01T10:00:00.000Z", '{"k": [1]}']]
    given[1].value = "two"
    wrong = api.execute_statement(text, warehouse, parameters=given, wait_timeout="50s").status
    assert wrong and wrong.error and "Parameter 'more'" in str(wrong.error.message)


def test_a_statement_is_canceled(platform: Platform, warehouse: str) -> None:
    slow = "select count(*) from range(100000000000) where sqrt(id) < 0"
    response = client(platform, ALICE).statement_execution.execute_statement(
        slow, warehouse, wait_timeout="5s", on_wait_timeout=ExecuteStatementRequestOnWaitTimeout.CANCEL
    )
    assert response.status and response.status.state == StatementState.CANCELED


def test_history(platform: Platform, warehouse: str) -> None:
    alice, admin = client(platform, ALICE), client(platform, bootstrap.ADMIN)
    since = int(time.time() * 1000)
    mine = str(run(platform, warehouse, "-- why\nselect 41 + 1").statement_id)
    failed = str(run(platform, warehouse, "select * from dev.f.nothing").statement_id)
    run(platform, warehouse, "select 'of the administrator'", bootstrap.ADMIN)
    window = TimeRange(start_time_ms=since)
    seen = alice.query_history.list(filter_by=QueryFilter(query_start_time_range=window)).res or []
    assert len(seen) == 3  # she made the warehouse
    assert [info.query_id for info in seen][1:] == [failed, mine]
    first = seen[2]
    assert (first.status, first.statement_type) == (QueryStatus.FINISHED, QueryStatementType.SELECT)
    assert (first.user_name, first.rows_produced, first.warehouse_id) == (ALICE, 1, warehouse)
    assert seen[1].status == QueryStatus.FAILED and "TABLE_OR_VIEW_NOT_FOUND" in str(seen[1].error_message)
    seeing = {PermissionLevel.CAN_USE: 0, PermissionLevel.CAN_MONITOR: 3}  # to use a warehouse shows no other's queries
    for level, count in seeing.items():
        alice.permissions.update(
            "warehouses",
            warehouse,
            access_control_list=[AccessControlRequest(user_name=MALLORY, permission_level=level)],
        )
        found = client(platform, MALLORY).query_history.list(filter_by=QueryFilter(query_start_time_range=window)).res
        assert len(found or []) == count
    other = str(admin.warehouses.create_and_wait(name="other", cluster_size="Small").id)
    run(platform, other, "select 1", bootstrap.ADMIN)
    only = QueryFilter(warehouse_ids=[other])
    assert not alice.query_history.list(filter_by=only).res and admin.query_history.list(filter_by=only).res
    one = alice.query_history.list(filter_by=QueryFilter(query_start_time_range=window), max_results=2)
    rest = alice.query_history.list(
        filter_by=QueryFilter(query_start_time_range=window), max_results=2, page_token=one.next_page_token
    )
    assert one.has_next_page and not rest.has_next_page and [info.query_id for info in rest.res or []] == [mine]


def test_saved_queries(platform: Platform, warehouse: str) -> None:
    alice, mallory = client(platform, ALICE), client(platform, MALLORY)
    wanted = CreateQueryRequestQuery(
        display_name="sales", query_text="select 1", warehouse_id=warehouse, parent_path="/Shared", tags=["a"]
    )
    made = client(platform, bootstrap.ADMIN).queries.create(query=wanted)
    with pytest.raises(ResourceConflict):
        alice.queries.create(query=wanted)
    second = alice.queries.create(query=wanted, auto_resolve_display_name=True)
    assert second.display_name == "sales (1)" and second.owner_user_name == ALICE
    with pytest.raises(PermissionDenied):
        alice.queries.get(str(made.id))
    assert [query.id for query in alice.queries.list(page_size=1)] == [second.id]
    changed = alice.queries.update(str(second.id), "query_text", query=UpdateQueryRequestQuery(query_text="select 2"))
    assert (changed.query_text, changed.tags, changed.display_name) == ("select 2", ["a"], "sales (1)")
    read = AccessControlRequest(user_name=MALLORY, permission_level=PermissionLevel.CAN_READ)
    alice.permissions.update("queries", str(second.id), access_control_list=[read])
    assert mallory.queries.get(str(second.id)).query_text == "select 2"
    with pytest.raises(PermissionDenied):
        mallory.queries.delete(str(second.id))
    alice.queries.delete(str(second.id))
    assert list(alice.queries.list()) == []
    with pytest.raises(BadRequest, match="query_text must be specified"):
        alice.queries.create(query=CreateQueryRequestQuery(display_name="x"))
