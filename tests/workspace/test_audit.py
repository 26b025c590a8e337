"""Every answered request is a row of `system.access.audit`, with nothing in it that would let anybody in."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied
from databricks.sdk.service.catalog import PermissionsChange, Privilege

from rehearsal.workspace.identity.installation import workspace_id
from rehearsal.workspace.unity_catalog import lineage
from tests.ports import free_port_base
from tests.workspace.conftest import People, Server
from tests.workspace.delta_support import delta_table, make_table, platform_of

AUDIT, LINEAGE = "system.access.audit", "system.access.table_lineage"
SECONDS = 60


def rows(server: Server, table: str, wanted: Callable[[dict[str, Any]], bool], least: int = 1) -> list[dict[str, Any]]:
    """Rows of a system table, once there are enough: it is some seconds behind."""
    deadline = time.monotonic() + SECONDS
    while True:
        found = [row for row in delta_table(server, table).to_pyarrow_table().to_pylist() if wanted(row)]
        if len(found) >= least or time.monotonic() > deadline:
            return found
        time.sleep(0.3)


def test_requests_are_told_by_whom_what_and_how_they_ended(server: Server, people: People, catalog: str) -> None:
    started = time.time()
    admin, scientist = server.admin(), server.client(people.scientist)
    admin.catalogs.get(catalog)
    with pytest.raises(PermissionDenied):
        scientist.schemas.create("mine", catalog)
    with pytest.raises(NotFound):
        admin.catalogs.get(f"{catalog}_missing")
    refused = httpx.get(
        f"{server.host('dev')}/api/2.1/unity-catalog/catalogs/{catalog}", headers={"user-agent": "me/1"}
    )
    assert refused.status_code == 401
    seen = rows(server, AUDIT, lambda row: catalog in json.dumps(row["request_params"]), least=6)
    told = {(row["action_name"], row["user_identity"]["email"], row["response"]["status_code"]) for row in seen}
    assert told >= {
        ("createCatalog", "admin@example.com", 200),
        ("getCatalog", "admin@example.com", 200),
        ("createSchema", people.scientist, 403),
        ("getCatalog", "admin@example.com", 404),
        ("getCatalog", None, 401),
    }
    (denied,) = [row for row in seen if row["action_name"] == "createSchema" and row["response"]["status_code"] == 403]
    assert dict(denied["request_params"]) == {"catalog_name": catalog, "name": "mine"}
    assert denied["response"]["error_message"].startswith("PERMISSION_DENIED: User does not have")
    assert (denied["service_name"], denied["audit_level"]) == ("unityCatalog", "WORKSPACE_LEVEL")
    assert denied["workspace_id"] == str(workspace_id("dev")) and denied["source_ip_address"] == "127.0.0.1"
    assert "databricks-sdk-py" in denied["user_agent"] and denied["request_id"] and denied["event_id"]
    assert started - 60 < denied["event_time"].timestamp() < time.time() + 60
    assert denied["event_date"] == denied["event_time"].date()


def test_audit_is_for_those_to_whom_administrators_grant_it(server: Server, people: People) -> None:
    admin, scientist = server.admin(), server.client(people.scientist)
    assert admin.tables.get(AUDIT).owner == "admins"
    with pytest.raises(PermissionDenied):
        scientist.tables.get(AUDIT)
    reading = PermissionsChange(
        principal=people.scientist, add=[Privilege.USE_CATALOG, Privilege.USE_SCHEMA, Privilege.SELECT]
    )
    admin.grants.update("catalog", "system", changes=[reading])
    columns = [column.name for column in scientist.tables.get(AUDIT).columns or []]
    assert columns[:3] == ["version", "event_time", "event_date"] and "request_params" in columns
    admin.grants.update(
        "catalog", "system", changes=[PermissionsChange(principal=people.scientist, remove=reading.add)]
    )
    metastore = str(admin.metastores.summary().metastore_id)
    assert [schema.schema for schema in admin.system_schemas.list(metastore)] == ["access"]
    with pytest.raises(BadRequest, match="cannot be disabled"):
        admin.system_schemas.disable(metastore, "access")
    with pytest.raises(PermissionDenied):
        list(scientist.system_schemas.list(metastore))


def test_secrets_are_nowhere(server: Server, people: People, catalog: str) -> None:
    """Not in the log, not in what waits for the audit table, not in the table, not in what lists answer."""
    admin = server.admin()
    token = str(admin.tokens.create(comment=catalog, lifetime_seconds=600).token_value)
    for_job = admin.token_management.create_obo_token(application_id=people.job, lifetime_seconds=600)
    secret = server.account().service_principal_secrets.create(_id_of(admin, people.job))
    admin.secrets.create_scope("audited")
    admin.secrets.put_secret("audited", "password", string_value="correct-horse-battery")
    hidden = [token, str(for_job.token_value), str(secret.secret), "correct-horse-battery"]
    other = WorkspaceClient(host=server.host("dev"), token=token, auth_type="pat")
    assert other.catalogs.get(catalog).comment is None
    with pytest.raises(NotFound):
        other.secrets.put_secret("no-such-scope", "password", string_value="correct-horse-battery")
    form = {"grant_type": "client_credentials", "scope": "all-apis", "client_id": people.job}
    signed_in = httpx.post(f"{server.host('dev')}/oidc/v1/token", data={**form, "client_secret": str(secret.secret)})
    hidden.append(signed_in.json()["access_token"])
    machine = WorkspaceClient(host=server.host("dev"), token=hidden[-1], auth_type="pat")
    assert machine.current_user.me().user_name == people.job
    # A careless client: credentials where none belong.
    with pytest.raises(NotFound):
        admin.catalogs.get(token)
    admin.catalogs.update(catalog, comment=f"my token is {token}", properties={"password": "correct-horse-battery"})
    httpx.get(f"{server.host('dev')}/api/2.0/token/list", params={"token": token, "for": catalog})
    admin.catalogs.update(catalog, comment="", properties={"done": "last"})
    assert rows(server, AUDIT, lambda row: "last" in json.dumps(row["request_params"]))
    table = json.dumps(delta_table(server, AUDIT).to_pyarrow_table().to_pylist(), default=str)
    waiting = "".join(path.read_text() for path in (server.home / "audit").rglob("*.*") if path.is_file())
    listed = repr([*admin.tokens.list(), *admin.token_management.list(), *admin.secrets.list_secrets("audited")])
    places = {"log": (server.home / "server.log").read_text(), "table": table, "waiting": waiting, "lists": listed}
    found = {(place, text[:8]) for place, content in places.items() for text in hidden if text in content}
    assert not found
    assert "generateDbToken" in table and "mintOAuthToken" in table and "putSecret" in table
    admin.secrets.delete_scope("audited")


def _id_of(admin: WorkspaceClient, application_id: str) -> str:
    (found,) = admin.service_principals_v2.list(filter=f'applicationId eq "{application_id}"')
    return str(found.id)


def test_lineage_is_a_table_of_its_own(server: Server, catalog: str) -> None:
    names = [f"{catalog}.flights.{name}" for name in ("raw", "clean")]
    for name in names:
        make_table(server, name, {"id": "long"})
    with platform_of(server).store.transaction() as tx:
        job = {"entity_type": "JOB", "job_id": 7, "run_id": 8}
        lineage.record(tx, [names[0]], [names[1]], "admin@example.com", "dev", job)
    (row,) = rows(server, LINEAGE, lambda row: row["target_table_full_name"] == names[1])
    assert (row["source_table_full_name"], row["source_table_name"], row["source_type"]) == (names[0], "raw", "TABLE")
    assert (row["entity_type"], row["entity_id"], row["entity_run_id"]) == ("JOB", "7", "8")
    assert row["workspace_id"] == str(workspace_id("dev")) and row["target_path"].startswith("abfss://")


@pytest.mark.trial
def test_what_was_answered_is_in_the_table_after_sudden_death(tmp_path: Path) -> None:
    server = Server(tmp_path, free_port_base())
    try:
        server.start()
        server.admin().catalogs.create("before_death")
        server.stop(9)
        server.start()
        kept = rows(server, AUDIT, lambda row: row["action_name"] == "createCatalog")
        assert [dict(row["request_params"]) for row in kept] == [{"name": "before_death"}]
    finally:
        server.stop()
