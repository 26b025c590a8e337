"""Names and paths that nobody means well by are refused with 400, in words, and lead nowhere. By bare HTTP."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest
from databricks.sdk.service.catalog import VolumeType

from tests.workspace.conftest import Server

NAMES = (
    "..",
    ".",
    "a.b",
    "a/b",
    "../../etc/passwd",
    "%2e%2e",  # sent as it is: the dots are decoded by nobody, the name is fine
    "a`b",
    "a b",
    "a\tb",
    "a\x00b",
    "a\x7fb",
    "a\u202eb",  # turns the direction of writing
    "a\u200bb",  # has no width
    "a\u2028b",
    "x" * 256,
    "x" * 300,
    "",
)
FINE = frozenset({"%2e%2e"})
PATHS = (
    "{volume}/../../../../etc/passwd",
    "{volume}/%2e%2e/%2e%2e/secret.txt",
    "{volume}/a/..%2f..%2f..%2fstate.sqlite",
    "{volume}/%2e%2e%2f%2e%2e%2fsecret.txt",
    "{volume}/..",
    "{volume}/a%00.txt",
    "{volume}/" + "x" * 300,
    "{volume}/" + "%C3%A9" * 200,  # 200 letters, 400 bytes
    "{volume}/" + "x/" * 1000 + "a",
    "/Volumes/../../../etc/passwd",
    "/Volumes/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/Volumes/a%00/b/c/d",
    "/Volumes/a/b",
    "/etc/passwd",
    "/Models/%2e%2e/%2e%2e/%2e%2e/1/passwd",
)


def ask(server: Server, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    """A request whose path is sent letter by letter: clients tidy paths up before they send them."""
    connection = http.client.HTTPConnection(server.host("dev").removeprefix("http://"), timeout=30)
    headers = {"Content-Type": "application/json", **server.admin().config.authenticate()}
    connection.request(method, path, body=None if body is None else json.dumps(body).encode(), headers=headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if text.startswith(b"{") else {}


def is_refusal(answer: tuple[int, dict[str, Any]]) -> bool:
    status, body = answer
    return 400 <= status < 500 and bool(body.get("error_code")) and bool(body.get("message"))


@pytest.mark.parametrize("kind", ["catalogs", "schemas", "volumes", "models"])
def test_strange_names_are_refused(server: Server, catalog: str, kind: str) -> None:
    parents = (
        {"catalog_name": catalog, "schema_name": "flights", "volume_type": "MANAGED"} if kind != "catalogs" else {}
    )
    for name in NAMES:
        status, told = ask(server, "POST", f"/api/2.1/unity-catalog/{kind}", {**parents, "name": name})
        if name in FINE:
            assert status == 200, told
            where = {"catalogs": name, "schemas": f"{catalog}.{name}"}.get(kind, f"{catalog}.flights.{name}")
            quoted = where.replace("%", "%25")
            assert ask(server, "DELETE", f"/api/2.1/unity-catalog/{kind}/{quoted}?force=true")[0] == 200
        else:
            assert (status, told.get("error_code")) == (400, "INVALID_PARAMETER_VALUE"), (name, told)
            assert told["message"]


def test_strange_addresses_find_nothing(server: Server, catalog: str) -> None:
    for address in (
        "..%2f..%2fcatalogs",
        "%00",
        "%2e%2e",
        "a%60b",
        "x" * 300,
        "%F0%9F%92%A9",
        f"{catalog}.flights.%00",
    ):
        for kind in ("catalogs", "schemas", "tables", "volumes", "functions", "models"):
            assert is_refusal(ask(server, "GET", f"/api/2.1/unity-catalog/{kind}/{address}")), (kind, address)
            assert is_refusal(ask(server, "DELETE", f"/api/2.1/unity-catalog/{kind}/{address}")), (kind, address)


def test_no_path_leads_out_of_its_volume(server: Server, catalog: str) -> None:
    server.admin().volumes.create(catalog, "flights", "landing", VolumeType.MANAGED)
    volume = f"/Volumes/{catalog}/flights/landing"
    for path in (path.format(volume=volume) for path in PATHS):
        for method, api in (("PUT", "files"), ("GET", "files"), ("DELETE", "files"), ("GET", "directories")):
            answer = ask(server, method, f"/api/2.0/fs/{api}{path}", {} if method == "PUT" else None)
            assert is_refusal(answer), (method, api, path, answer)
    assert list(server.admin().files.list_directory_contents(volume)) == []
    assert "Traceback" not in (server.home / "server.log").read_text()


def test_letters_of_any_script_make_names(server: Server, catalog: str) -> None:
    """Unity Catalog's names are Unicode: what can be read is a name."""
    for name in ("flüge", "フライト", "данные", "a-b", "100%"):
        status, told = ask(server, "POST", "/api/2.1/unity-catalog/schemas", {"catalog_name": catalog, "name": name})
        assert (status, told.get("name")) == (200, name)
