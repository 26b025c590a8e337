"""Warehouses and statements, asked for by databricks-sdk as Terraform's provider does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, PermissionDenied
from databricks.sdk.service.sql import StatementResponse, StatementState

from rehearsal.workspace import app
from rehearsal.workspace.context import Platform
from rehearsal.workspace.identity import bootstrap
from rehearsal.workspace.unity_catalog import tables
from tests.workspace.spark_support import ALICE, MALLORY, spark_platform, token_of


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    routes = app.ROUTES
    app.ROUTES = ("sql",)
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
