"""What holds for the server as a whole: nothing without a token, and nothing acknowledged is lost."""

from __future__ import annotations

import io
import re
import signal
from pathlib import Path

import httpx
import pytest
from databricks.sdk.service.catalog import VolumeType
from databricks.sdk.service.sql import StatementState

from rehearsal.workspace.app import create_app
from rehearsal.workspace.context import Platform, Ports
from rehearsal.workspace.store import Store
from tests.ports import free_port_base
from tests.workspace.conftest import People, Server

# Discovery and sign-in come before there is a token.
OPEN = ("/.well-known/", "/oidc/", "/metadata/endpoints", "/{tenant}/oauth2/")
# Addresses that carry a signature instead of a token, and what they answer without one: a malformed request, a workflow
# that nobody has made.
SIGNED = {"/mlflow-artifact-storage/": 400, "/sql-results/": 400, "/workflows/": 404}


def routes(home: Path, workspace: str) -> list[tuple[str, str]]:
    """(method, path) of every route of a workspace or of the account."""
    app = create_app(Platform(home, Store(home / "state.sqlite"), Ports(1)), workspace)
    return [
        (method.upper(), re.sub(r"\{[^}]+\}", "1", path))
        for path, operations in app.openapi()["paths"].items()
        for method in operations
        if not path.startswith(OPEN)
    ]


@pytest.mark.parametrize("credential", [None, "Bearer nonsense", "Basic YTpi"])
@pytest.mark.parametrize("workspace", ["account", "dev"])
def test_no_route_answers_without_a_valid_token(
    server: Server, tmp_path: Path, workspace: str, credential: str | None
) -> None:
    headers = {"Authorization": credential} if credential else {}
    let_in = []
    found = routes(tmp_path, workspace)
    assert len(found) > 100
    with httpx.Client(base_url=server.host(workspace), headers=headers, params={"api-version": "1"}) as client:
        for method, path in found:
            answer = client.request(method, path, json={} if method in ("POST", "PUT", "PATCH") else None)
            expected = next((status for prefix, status in SIGNED.items() if path.startswith(prefix)), 401)
            if answer.status_code != expected:
                let_in.append((method, path, answer.status_code))
    assert let_in == []


def test_unknown_routes_are_told_in_databricks_shape(server: Server) -> None:
    answer = httpx.get(f"{server.host('dev')}/api/2.0/nothing/here")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
    assert answer.json()["details"][0]["request_id"]


@pytest.mark.trial  # a simpler one than those of tests/trials/test_kill.py
def test_killed_server_comes_back_with_everything(tmp_path: Path) -> None:
    server = Server(tmp_path, free_port_base())
    server.start()
    try:
        admin = server.admin()
        for number in range(20):
            admin.catalogs.create(f"c{number}")
        admin.volumes.create("c0", "default", "landing", VolumeType.MANAGED)
        admin.files.upload("/Volumes/c0/default/landing/a.txt", io.BytesIO(b"kept"))
        admin.users_v2.create(user_name="kept@example.com")
        server.client("kept@example.com")
        server.stop(signal.SIGKILL)
        server.start()
        again = server.admin()
        assert {info.name for info in again.catalogs.list()} == {"system", *(f"c{number}" for number in range(20))}
        assert again.files.download("/Volumes/c0/default/landing/a.txt").contents.read() == b"kept"
        assert server.client("kept@example.com").current_user.me().user_name == "kept@example.com"
    finally:
        server.stop()


def test_profiles_are_for_their_owner_only(server: Server, people: People) -> None:
    assert (server.home / "databrickscfg").stat().st_mode & 0o077 == 0


def test_without_its_spark_statements_fail_and_nothing_waits_for_it(server: Server) -> None:
    """The end of the session waits half a minute for the server: threads that asked Spark must be done by then."""
    admin = server.admin()
    warehouse = str(admin.warehouses.create(name="main", cluster_size="2X-Small").result().id)
    asked = admin.statement_execution.execute_statement("select 1", warehouse, wait_timeout="30s")
    assert asked.status is not None and asked.status.state == StatementState.FAILED
    assert asked.status.error is not None and "Connection refused" in str(asked.status.error.message)
